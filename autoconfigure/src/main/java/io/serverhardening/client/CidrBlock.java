package io.serverhardening.client;

import java.net.InetAddress;
import java.util.Arrays;

/**
 * A range of addresses in CIDR notation.
 */
public final class CidrBlock {

	private final InetAddress network;

	private final byte[] bytes;

	private final int prefix;

	private CidrBlock(InetAddress network, int prefix) {
		this.network = network;
		this.bytes = network.getAddress();
		this.prefix = prefix;
	}

	/**
	 * Read a range.
	 * @param text such as {@code 10.0.0.0/8}, {@code 2001:db8::/32} or a single address
	 * @return the range
	 * @throws IllegalArgumentException if it is something else; the message says what is
	 * expected
	 */
	public static CidrBlock of(String text) {
		String value = text.trim();
		int slash = value.indexOf('/');
		InetAddress address = IpAddress.parse((slash >= 0) ? value.substring(0, slash) : value);
		if (address == null) {
			throw new IllegalArgumentException("must be an address or a range such as 10.0.0.0/8 or 2001:db8::/32");
		}
		int bits = address.getAddress().length * 8;
		int prefix = (slash >= 0) ? prefix(value.substring(slash + 1), bits) : bits;
		InetAddress network = IpAddress.mask(address, prefix);
		if (!network.equals(address)) {
			throw new IllegalArgumentException(
					"has bits set after its prefix; did you mean " + network.getHostAddress() + "/" + prefix + "?");
		}
		return new CidrBlock(network, prefix);
	}

	private static int prefix(String text, int bits) {
		if (text.matches("\\d{1,3}") && Integer.parseInt(text) <= bits) {
			return Integer.parseInt(text);
		}
		throw new IllegalArgumentException("must have a prefix between 0 and " + bits);
	}

	/**
	 * Whether an address lies in this range.
	 * @param address the address
	 * @return {@code false} also for an address of the other family
	 */
	public boolean contains(InetAddress address) {
		byte[] other = address.getAddress();
		if (other.length != this.bytes.length) {
			return false;
		}
		int whole = this.prefix >> 3;
		if (Arrays.mismatch(this.bytes, 0, whole, other, 0, whole) >= 0) {
			return false;
		}
		int rest = this.prefix & 7;
		return rest == 0 || ((this.bytes[whole] ^ other[whole]) & (0xff << (8 - rest))) == 0;
	}

	@Override
	public boolean equals(Object other) {
		return other instanceof CidrBlock block && this.prefix == block.prefix && this.network.equals(block.network);
	}

	@Override
	public int hashCode() {
		return 31 * this.network.hashCode() + this.prefix;
	}

	@Override
	public String toString() {
		return this.network.getHostAddress() + "/" + this.prefix;
	}

}
