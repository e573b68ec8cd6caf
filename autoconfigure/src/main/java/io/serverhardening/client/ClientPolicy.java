package io.serverhardening.client;

import java.net.Inet6Address;
import java.net.InetAddress;
import java.util.List;

import org.springframework.aop.framework.AopInfrastructureBean;

/**
 * Whom to believe about the address of a client.
 *
 * @param trustedProxies peers whose forwarding headers are believed
 * @param ipv6Prefix how many bits of an IPv6 address make a client
 */
public record ClientPolicy(List<CidrBlock> trustedProxies, int ipv6Prefix) implements AopInfrastructureBean {

	public ClientPolicy {
		trustedProxies = List.copyOf(trustedProxies);
	}

	/**
	 * Whether an address is that of a proxy that is trusted.
	 * @param address the address
	 * @return {@code true} if what it says of its clients is believed
	 */
	public boolean trusts(InetAddress address) {
		for (CidrBlock block : this.trustedProxies) {
			if (block.contains(address)) {
				return true;
			}
		}
		return false;
	}

	/**
	 * Return the client that an address belongs to.
	 * @param address the address
	 * @return the address, or the network of an IPv6 address
	 */
	public InetAddress client(InetAddress address) {
		return (address instanceof Inet6Address) ? IpAddress.mask(address, this.ipv6Prefix) : address;
	}

}
