package io.serverhardening.client;

import java.net.InetAddress;
import java.util.List;
import java.util.function.UnaryOperator;

import org.jspecify.annotations.Nullable;

/**
 * Walks the addresses of a forwarding header from the right, where the nearest proxy
 * wrote, to the left, where anyone could have written.
 */
final class ForwardedPath {

	/** More proxies in a row than anyone runs. */
	private static final int MAX_HOPS = 32;

	private ForwardedPath() {
	}

	/**
	 * Find the first address from the right that is not a trusted proxy.
	 * @param peer who sent the header, trusted
	 * @param lines the lines of the header, in the order in which they were sent
	 * @param node reads the text of an address from an element
	 * @param policy whom to trust
	 * @return the client's address, {@code null} where a proxy wrote something that is
	 * none: a proxy is never its client
	 */
	static @Nullable InetAddress walk(InetAddress peer, List<String> lines, UnaryOperator<@Nullable String> node,
			ClientPolicy policy) {
		InetAddress client = peer;
		int hops = 0;
		for (int line = lines.size() - 1; line >= 0; line--) {
			String text = lines.get(line);
			int end = text.length();
			while (end >= 0) {
				int comma = lastComma(text, end);
				String element = node.apply(text.substring(comma + 1, end).trim());
				InetAddress address = (element != null) ? parseNode(element) : null;
				if (address == null || ++hops > MAX_HOPS) {
					return null;
				}
				client = address;
				if (!policy.trusts(address)) {
					return client;
				}
				end = comma;
			}
		}
		return client;
	}

	private static int lastComma(String text, int end) {
		boolean quoted = false;
		for (int i = end - 1; i >= 0; i--) {
			char c = text.charAt(i);
			if (c == '"') {
				quoted = !quoted;
			}
			else if (c == ',' && !quoted) {
				return i;
			}
		}
		return -1;
	}

	// Return the node of a Forwarded element (RFC 7239): its for parameter without
	// quotes. Two of them, or an escape, are what no honest proxy writes, and what a
	// client's Host header may have become on the way.
	static @Nullable String forwardedFor(@Nullable String element) {
		if (element == null || element.indexOf('\\') >= 0) {
			return null;
		}
		String found = null;
		int begin = 0;
		boolean quoted = false;
		for (int i = 0; i <= element.length(); i++) {
			boolean end = i == element.length();
			if (!end && element.charAt(i) == '"') {
				quoted = !quoted;
			}
			if (end || (!quoted && element.charAt(i) == ';')) {
				String parameter = element.substring(begin, i).trim();
				begin = i + 1;
				if (parameter.regionMatches(true, 0, "for=", 0, 4)) {
					if (found != null) {
						return null;
					}
					found = parameter.substring(4).trim();
				}
			}
		}
		return (found != null && !quoted) ? unquote(found) : null;
	}

	private static String unquote(String value) {
		boolean quoted = value.length() >= 2 && value.startsWith("\"") && value.endsWith("\"");
		return quoted ? value.substring(1, value.length() - 1) : value;
	}

	// Read an address that may carry brackets and a port: 192.0.2.1:443,
	// [2001:db8::1]:443, 2001:db8::1.
	private static @Nullable InetAddress parseNode(String node) {
		if (node.startsWith("[")) {
			int bracket = node.indexOf(']');
			boolean closed = bracket > 0 && (bracket == node.length() - 1 || isPort(node, bracket + 1));
			return closed ? IpAddress.parse(node.substring(1, bracket)) : null;
		}
		int colon = node.indexOf(':');
		boolean port = colon > 0 && colon == node.lastIndexOf(':');
		if (port && !isPort(node, colon)) {
			return null;
		}
		return IpAddress.parse(port ? node.substring(0, colon) : node);
	}

	private static boolean isPort(String node, int colon) {
		return node.substring(colon).matches(":\\d{1,5}");
	}

}
