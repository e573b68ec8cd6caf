package io.serverhardening.connection.http2;

import io.netty.util.AsciiString;

/**
 * Whom a request is for, as {@code :authority} and {@code Host} write it: a host and
 * perhaps a port.
 */
final class Authority {

	private static final int MAX_PORT = 65535;

	private Authority() {
	}

	/**
	 * Whether a text names a host, and a port that the server can read. Who the user is
	 * does not belong here (RFC 9110, 4.2.4).
	 * @param text the text
	 * @return {@code false} if it does not
	 */
	static boolean isValid(CharSequence text) {
		int length = text.length();
		int end = (length > 0 && text.charAt(0) == '[') ? endOfLiteral(text) : endOfName(text);
		if (end < 0) {
			return false;
		}
		return end == length || (text.charAt(end) == ':' && isPort(text, end + 1));
	}

	private static int endOfLiteral(CharSequence text) {
		for (int i = 1; i < text.length(); i++) {
			char c = text.charAt(i);
			if (c == ']') {
				return (i > 1) ? i + 1 : -1;
			}
			if (!isOfName(c) && c != ':') {
				return -1;
			}
		}
		return -1;
	}

	private static int endOfName(CharSequence text) {
		for (int i = 0; i < text.length(); i++) {
			char c = text.charAt(i);
			if (c == ':') {
				return i;
			}
			if (!isOfName(c)) {
				return -1;
			}
		}
		return text.length();
	}

	// RFC 3986, 3.2.2: unreserved, sub-delims, percent-encoded.
	private static boolean isOfName(char c) {
		return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z')
				|| "-._~!$&'()*+,;=%".indexOf(c) >= 0;
	}

	private static boolean isPort(CharSequence text, int start) {
		int port = 0;
		for (int i = start; i < text.length(); i++) {
			char c = text.charAt(i);
			if (c < '0' || c > '9') {
				return false;
			}
			port = port * 10 + (c - '0');
			if (port > MAX_PORT) {
				return false;
			}
		}
		// The RFC allows none after the colon, which the server cannot read.
		return start < text.length();
	}

	/**
	 * Whether two texts name the same.
	 * @param one an authority
	 * @param other another
	 * @return {@code true} if they do, but for case
	 */
	static boolean isSame(CharSequence one, CharSequence other) {
		return AsciiString.contentEqualsIgnoreCase(one, other);
	}

}
