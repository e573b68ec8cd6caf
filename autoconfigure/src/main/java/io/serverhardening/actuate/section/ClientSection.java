package io.serverhardening.actuate.section;

import java.util.LinkedHashMap;
import java.util.Map;

import io.serverhardening.actuate.HardeningSection;
import io.serverhardening.client.CidrBlock;
import io.serverhardening.client.ClientPolicy;
import io.serverhardening.client.ForwardedClientAddressResolver;

/**
 * Whose word is taken for the address of a client, and whose was not.
 */
public final class ClientSection implements HardeningSection {

	private final ForwardedClientAddressResolver resolver;

	/**
	 * Create the section.
	 * @param resolver the resolver in force
	 */
	public ClientSection(ForwardedClientAddressResolver resolver) {
		this.resolver = resolver;
	}

	@Override
	public String name() {
		return "client";
	}

	@Override
	public Object describe() {
		ClientPolicy policy = this.resolver.policy();
		Map<String, Object> result = new LinkedHashMap<>();
		result.put("trustedProxies", policy.trustedProxies().stream().map(CidrBlock::toString).toList());
		result.put("ipv6Prefix", policy.ipv6Prefix());
		Map<String, Object> ignored = new LinkedHashMap<>();
		ignored.put("untrusted", this.resolver.untrustedCount());
		ignored.put("contradictory", this.resolver.contradictoryCount());
		result.put("forwardedIgnored", ignored);
		return result;
	}

}
