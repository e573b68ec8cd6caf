package io.serverhardening.connection.registry;

import java.util.Locale;

/**
 * What is wrong with what a client sent, where it is not the codec that answers it.
 */
public enum HeadFault {

	/**
	 * A transfer coding that does not end in one {@code chunked}: this server and one in
	 * front of it would not agree where the body ends (RFC 9112, 6.3).
	 */
	TRANSFER_ENCODING(true),

	/** Other things around the size of a chunk than the extensions that there may be. */
	CHUNK_SIZE(true),

	/**
	 * The handshake of a draft of WebSockets, for which the codec takes eight bytes that
	 * no header announces.
	 */
	WEBSOCKET_DRAFT(true),

	/**
	 * The handshake of a WebSocket with a body, which nobody would read: the codec is
	 * gone when it comes.
	 */
	WEBSOCKET_BODY(true),

	/** The handshake of a WebSocket of a version that nobody here speaks. */
	WEBSOCKET_VERSION(true),

	/** A frame of a WebSocket that is none, such as one without a mask. */
	WEBSOCKET_FRAME(true),

	/** A frame of a WebSocket that is longer than the application takes. */
	WEBSOCKET_FRAME_SIZE(true),

	/** A port that is none: what reads it would throw. */
	HOST_PORT(true),

	/** What the upgrade to HTTP/2 announces cannot be read. */
	HTTP2_SETTINGS(true),

	/** A coding before {@code chunked} that nobody here decodes. */
	TRANSFER_CODING(false),

	/** An HTTP/1.1 request without a host. */
	NO_HOST(false),

	/** More than one host. */
	HOSTS(false),

	/** A host that is none. */
	HOST(false),

	/** A target that names another host than the header does. */
	OTHER_HOST(false),

	/** A target that is no path, no address and no asterisk. */
	TARGET(false),

	/** The protocol's name in other letters than it has. */
	VERSION(false);

	private final boolean always;

	private final String code = name().toLowerCase(Locale.ROOT).replace('_', '-');

	HeadFault(boolean always) {
		this.always = always;
	}

	/**
	 * Whether it is refused when the server is told to be lenient, too.
	 * @return {@code true} where leniency would be for an attacker only
	 */
	public boolean always() {
		return this.always;
	}

	/**
	 * Return the name used in logs.
	 * @return lowercase words joined by hyphens
	 */
	String code() {
		return this.code;
	}

}
