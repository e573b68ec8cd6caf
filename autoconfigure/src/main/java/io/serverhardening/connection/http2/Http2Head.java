package io.serverhardening.connection.http2;

import java.util.List;
import java.util.Map.Entry;

import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaderValidationUtil;
import io.netty.handler.codec.http2.Http2Headers;
import io.netty.handler.codec.http2.Http2Headers.PseudoHeaderName;
import org.jspecify.annotations.Nullable;

/**
 * Tells a request from what only looks like one, before the codec makes an HTTP/1.1
 * message of it: where it fails it leaks a buffer for each, and where the server fails
 * afterwards, the stream stays open. What the codec itself refuses is not looked at
 * again: unknown and misplaced pseudo-headers, uppercase names, headers of connections.
 */
final class Http2Head {

	private Http2Head() {
	}

	/**
	 * Whether a block of headers is the head of a request (RFC 9113, 8.3.1).
	 * @param headers the headers
	 * @param strict whether what does no harm here is refused too, where the RFC calls it
	 * malformed
	 * @return {@code false} if the stream has to be reset
	 */
	static boolean isRequest(Http2Headers headers, boolean strict) {
		Pseudo pseudo = new Pseudo();
		for (Entry<CharSequence, CharSequence> header : headers) {
			if (!PseudoHeaderName.hasPseudoHeaderFormat(header.getKey())) {
				// They come first.
				break;
			}
			if (!pseudo.add(PseudoHeaderName.getPseudoHeader(header.getKey()), header.getValue())) {
				return false;
			}
		}
		return pseudo.isComplete() && (!strict || pseudo.isSound()) && hasOneHost(headers, pseudo.authority, strict);
	}

	private static boolean hasOneHost(Http2Headers headers, @Nullable CharSequence authority, boolean strict) {
		if (!headers.contains(HttpHeaderNames.HOST)) {
			return true;
		}
		List<CharSequence> hosts = headers.getAll(HttpHeaderNames.HOST);
		if (!hosts.stream().allMatch(Authority::isValid)) {
			return false;
		}
		if (!strict) {
			return true;
		}
		if (hosts.size() > 1 || (authority != null && !Authority.isSame(authority, hosts.get(0)))) {
			// Who guards by one would be passed by the other.
			return false;
		}
		if (authority != null) {
			// HTTP/1.1 knows but one.
			headers.remove(HttpHeaderNames.HOST);
		}
		return true;
	}

	/**
	 * Whether a block of headers can stand at the end of a body. That it is the end, and
	 * has no pseudo-headers, the codec has seen to.
	 * @param headers the headers
	 * @return {@code false} if the stream has to be reset
	 */
	static boolean isTrailers(Http2Headers headers) {
		for (Entry<CharSequence, CharSequence> header : headers) {
			if (HttpHeaderValidationUtil.validateToken(header.getKey()) != -1
					|| HttpHeaderValidationUtil.validateValidHeaderValue(header.getValue()) != -1) {
				return false;
			}
		}
		return true;
	}

	/**
	 * The pseudo-headers of a request.
	 */
	private static final class Pseudo {

		private @Nullable CharSequence method;

		private @Nullable CharSequence scheme;

		private @Nullable CharSequence authority;

		private @Nullable CharSequence path;

		private @Nullable CharSequence protocol;

		/**
		 * Take one.
		 * @param name which, {@code null} for none that there is
		 * @param value its value
		 * @return {@code false} if it cannot be one of a request, or is there twice
		 */
		boolean add(@Nullable PseudoHeaderName name, CharSequence value) {
			if (name == null) {
				return false;
			}
			CharSequence before;
			switch (name) {
				case METHOD -> {
					before = this.method;
					this.method = value;
				}
				case SCHEME -> {
					before = this.scheme;
					this.scheme = value;
				}
				case AUTHORITY -> {
					before = this.authority;
					this.authority = value;
				}
				case PATH -> {
					before = this.path;
					this.path = value;
				}
				case PROTOCOL -> {
					before = this.protocol;
					this.protocol = value;
				}
				default -> {
					return false;
				}
			}
			return before == null;
		}

		private boolean isConnect() {
			return this.method != null && "CONNECT".contentEquals(this.method);
		}

		/**
		 * Whether there is all that a request is made of.
		 * @return {@code false} if making it would fail
		 */
		boolean isComplete() {
			if (this.method == null || this.method.length() == 0
					|| HttpHeaderValidationUtil.validateToken(this.method) != -1) {
				return false;
			}
			if (this.authority != null && !Authority.isValid(this.authority)) {
				return false;
			}
			return isConnect() ? this.authority != null : this.path != null && isVisible(this.path);
		}

		/**
		 * Whether nothing is there but what a request is made of.
		 * @return {@code false} if RFC 9113 (8.3.1, 8.5) or RFC 8441 calls it malformed
		 */
		boolean isSound() {
			if (isConnect() && this.protocol == null) {
				return this.scheme == null && this.path == null;
			}
			if (this.protocol != null && !isConnect()) {
				return false;
			}
			return this.scheme != null && this.scheme.length() > 0 && this.path != null && isTarget(this.path);
		}

		private boolean isTarget(CharSequence path) {
			return (path.length() > 0 && path.charAt(0) == '/')
					|| (this.method != null && "OPTIONS".contentEquals(this.method) && "*".contentEquals(path));
		}

		private static boolean isVisible(CharSequence text) {
			for (int i = 0; i < text.length(); i++) {
				if (text.charAt(i) <= ' ' || text.charAt(i) == 0x7f) {
					return false;
				}
			}
			return true;
		}

	}

}
