package io.serverhardening.connection.http1;

import java.util.Iterator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaderValues;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.util.AsciiString;
import io.serverhardening.connection.registry.HeadFault;
import org.jspecify.annotations.Nullable;

/**
 * Finds in the head of an HTTP/1.1 request what RFC 9110 and RFC 9112 have a server
 * refuse and Netty's codec lets pass. An ordinary head costs three look-ups and a walk
 * over its host and target.
 */
final class StrictHead {

	private static final int MAX_PORT = 65535;

	private static final String HEX = "0123456789abcdefABCDEF";

	/** What a host may be made of, besides letters and digits (RFC 3986, 3.2.2). */
	private static final String HOST_MARKS = "-._~!$&'()*+,;=";

	/** Netty has these, and older ones that end otherwise than by a 101. */
	private static final Set<String> WEBSOCKET_VERSIONS = Set.of("7", "8", "13");

	private StrictHead() {
	}

	/**
	 * Look at a head.
	 * @param request the head, as decoded
	 * @param strict whether what would do no harm is found as well
	 * @return what is wrong with it, or {@code null}
	 */
	static @Nullable HeadFault fault(HttpRequest request, boolean strict) {
		HttpHeaders headers = request.headers();
		HeadFault framing = framing(request, headers, strict);
		if (framing != null) {
			return framing;
		}
		String host = headers.get(HttpHeaderNames.HOST);
		if (!strict) {
			return (host == null || isPortReadable(host)) ? null : HeadFault.HOST_PORT;
		}
		if (hasHosts(headers)) {
			return HeadFault.HOSTS;
		}
		HeadFault fault = version(request.protocolVersion(), host);
		if (fault == null && host != null) {
			fault = host(host);
		}
		return (fault != null) ? fault : target(request.method(), request.uri(), host);
	}

	private static @Nullable HeadFault framing(HttpRequest request, HttpHeaders headers, boolean strict) {
		if (headers.contains(HttpHeaderNames.TRANSFER_ENCODING)) {
			HeadFault coding = transferEncoding(headers.getAll(HttpHeaderNames.TRANSFER_ENCODING));
			if (coding != null && (strict || coding.always())) {
				return coding;
			}
		}
		if (headers.contains(HttpHeaderNames.SEC_WEBSOCKET_KEY1) && HttpMethod.GET.equals(request.method())) {
			// Netty: HttpUtil.getWebSocketContentLength.
			return HeadFault.WEBSOCKET_DRAFT;
		}
		String upgrade = headers.get(HttpHeaderNames.UPGRADE);
		return (upgrade != null && upgrade.toLowerCase(Locale.ROOT).contains("websocket")) ? webSocket(headers) : null;
	}

	private static @Nullable HeadFault webSocket(HttpHeaders headers) {
		if (hasBody(headers)) {
			return HeadFault.WEBSOCKET_BODY;
		}
		String version = headers.get(HttpHeaderNames.SEC_WEBSOCKET_VERSION);
		return (version != null && WEBSOCKET_VERSIONS.contains(version.trim())) ? null : HeadFault.WEBSOCKET_VERSION;
	}

	/**
	 * Whether a body follows a head.
	 * @param headers the headers
	 * @return {@code true} unless none is announced, or one of no bytes
	 */
	static boolean hasBody(HttpHeaders headers) {
		return headers.contains(HttpHeaderNames.TRANSFER_ENCODING)
				|| !headers.get(HttpHeaderNames.CONTENT_LENGTH, "0").equals("0");
	}

	private static @Nullable HeadFault transferEncoding(List<String> lines) {
		if (lines.size() == 1 && HttpHeaderValues.CHUNKED.contentEqualsIgnoreCase(lines.get(0))) {
			return null;
		}
		String[] codings = String.join(",", lines).split(",", -1);
		for (int i = 0; i < codings.length; i++) {
			boolean chunked = HttpHeaderValues.CHUNKED.contentEqualsIgnoreCase(codings[i].trim());
			if (chunked != (i == codings.length - 1)) {
				return HeadFault.TRANSFER_ENCODING;
			}
		}
		return HeadFault.TRANSFER_CODING;
	}

	// By a walk over all lines. The codec asks for the values of names that a head seldom
	// has; whoever asks in the same way for one that it always has makes each of those
	// questions cost an object (by profile 200 bytes a request).
	private static boolean hasHosts(HttpHeaders headers) {
		int hosts = 0;
		Iterator<Map.Entry<CharSequence, CharSequence>> lines = headers.iteratorCharSequence();
		while (lines.hasNext()) {
			CharSequence name = lines.next().getKey();
			if (name.length() == HttpHeaderNames.HOST.length() && HttpHeaderNames.HOST.contentEqualsIgnoreCase(name)) {
				hosts++;
			}
		}
		return hosts > 1;
	}

	@SuppressWarnings("ReferenceEquality")
	private static @Nullable HeadFault version(HttpVersion version, @Nullable String host) {
		// The codec has one object for each of the two, if their letters are right.
		if (version == HttpVersion.HTTP_1_0) {
			return null;
		}
		if (version != HttpVersion.HTTP_1_1 && version.minorVersion() <= 1) {
			return HeadFault.VERSION;
		}
		return (host != null) ? null : HeadFault.NO_HOST;
	}

	private static @Nullable HeadFault host(String host) {
		int end = endOfHost(host);
		if (end < 0) {
			return HeadFault.HOST;
		}
		return (end == host.length() || (host.charAt(end) == ':' && isPort(host, end + 1))) ? null
				: HeadFault.HOST_PORT;
	}

	// Where the name or address ends, or -1 if it is none.
	private static int endOfHost(String host) {
		if (host.startsWith("[")) {
			int end = host.indexOf(']');
			return (end > 1 && isAddress(host, end)) ? end + 1 : -1;
		}
		for (int i = 0; i < host.length(); i++) {
			char c = host.charAt(i);
			if (c == ':') {
				return i;
			}
			if (!isLetterOrDigit(c) && HOST_MARKS.indexOf(c) < 0 && !isEscape(host, i)) {
				return -1;
			}
		}
		return host.length();
	}

	private static boolean isAddress(String host, int end) {
		for (int i = 1; i < end; i++) {
			char c = host.charAt(i);
			if (c != ':' && !isLetterOrDigit(c) && HOST_MARKS.indexOf(c) < 0) {
				return false;
			}
		}
		return true;
	}

	private static boolean isEscape(String host, int i) {
		return host.charAt(i) == '%' && i + 2 < host.length() && HEX.indexOf(host.charAt(i + 1)) >= 0
				&& HEX.indexOf(host.charAt(i + 2)) >= 0;
	}

	private static boolean isLetterOrDigit(char c) {
		return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z');
	}

	private static boolean isPort(String host, int start) {
		int port = 0;
		for (int i = start; i < host.length(); i++) {
			char c = host.charAt(i);
			if (c < '0' || c > '9' || port > MAX_PORT) {
				return false;
			}
			port = port * 10 + (c - '0');
		}
		return start < host.length() && port <= MAX_PORT;
	}

	// As Reactor Netty takes it apart (ConnectionInfo).
	private static boolean isPortReadable(String host) {
		int colon = host.startsWith("[") ? host.indexOf(':', host.indexOf(']')) : host.indexOf(':');
		return colon < 0 || isPort(host, colon + 1);
	}

	private static @Nullable HeadFault target(HttpMethod method, String target, @Nullable String host) {
		for (int i = 0; i < target.length(); i++) {
			char c = target.charAt(i);
			if (c <= ' ' || c == 0x7f) {
				return HeadFault.TARGET;
			}
		}
		if (target.startsWith("/")) {
			return null;
		}
		if (target.equals("*")) {
			return HttpMethod.OPTIONS.equals(method) ? null : HeadFault.TARGET;
		}
		if (HttpMethod.CONNECT.equals(method)) {
			return (host == null || host.equalsIgnoreCase(target)) ? null : HeadFault.OTHER_HOST;
		}
		int scheme = target.indexOf("://");
		if (scheme <= 0 || !isHttp(target.substring(0, scheme))) {
			return HeadFault.TARGET;
		}
		return (host == null || host.equalsIgnoreCase(authority(target, scheme + 3))) ? null : HeadFault.OTHER_HOST;
	}

	private static boolean isHttp(String scheme) {
		return AsciiString.contentEqualsIgnoreCase(scheme, "http")
				|| AsciiString.contentEqualsIgnoreCase(scheme, "https");
	}

	private static String authority(String target, int start) {
		int end = start;
		while (end < target.length() && "/?#".indexOf(target.charAt(end)) < 0) {
			end++;
		}
		return target.substring(start, end);
	}

}
