package io.serverhardening.connection;

import java.net.InetAddress;
import java.util.List;

/**
 * Whom to believe about the address of a client.
 *
 * @param trustedProxies peers whose forwarding headers are believed
 * @param ipv6Prefix how many bits of an IPv6 address make a client
 */
public record ClientPolicy(List<CidrBlock> trustedProxies, int ipv6Prefix) {

	public ClientPolicy {
		trustedProxies = List.copyOf(trustedProxies);
	}

	boolean trusts(InetAddress address) {
		for (CidrBlock block : this.trustedProxies) {
			if (block.contains(address)) {
				return true;
			}
		}
		return false;
	}

}
