package io.serverhardening.client;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.regex.Pattern;

import org.jspecify.annotations.Nullable;

/**
 * Reads IP addresses that strangers wrote: literals only, no name is ever looked up.
 */
final class IpAddress {

	/** Without leading zeros, which some readers take for octal. */
	private static final Pattern IPV4 = Pattern.compile("(?:(?:25[0-5]|2[0-4]\\d|1\\d\\d|[1-9]?\\d)(?:\\.(?!$)|$)){4}");

	private static final Pattern IPV6_CHARACTERS = Pattern.compile("[0-9a-fA-F:][0-9a-fA-F:.]{1,44}");

	private IpAddress() {
	}

	/**
	 * Read an address.
	 * @param text an IPv4 or IPv6 literal, without brackets, port or zone
	 * @return the address, or {@code null} if the text is none
	 */
	static @Nullable InetAddress parse(String text) {
		boolean literal = (text.indexOf(':') >= 0) ? IPV6_CHARACTERS.matcher(text).matches()
				: text.length() <= 15 && IPV4.matcher(text).matches();
		if (!literal) {
			return null;
		}
		try {
			return InetAddress.getByName(text);
		}
		catch (UnknownHostException ex) {
			return null;
		}
	}

	/**
	 * Clear the bits of an address that follow a prefix.
	 * @param address the address
	 * @param prefix how many bits to keep
	 * @return the network address
	 */
	static InetAddress mask(InetAddress address, int prefix) {
		byte[] bytes = address.getAddress();
		for (int i = 0; i < bytes.length; i++) {
			int keep = Math.min(8, Math.max(0, prefix - i * 8));
			bytes[i] &= (byte) (0xff << (8 - keep));
		}
		try {
			return InetAddress.getByAddress(bytes);
		}
		catch (UnknownHostException ex) {
			throw new IllegalStateException("An address of " + bytes.length + " bytes cannot be", ex);
		}
	}

}
