package io.serverhardening.internal.channel;

import java.util.Locale;

import org.jspecify.annotations.Nullable;

/**
 * Why a connection ended. The names are the values of a meter's tag.
 */
public enum CloseReason {

	/** The client closed it, or left half-way. */
	CLIENT(null),

	/** The last response on it was complete. */
	COMPLETE(null),

	/** Nothing came for too long after a response. */
	IDLE_TIMEOUT(null),

	/** A WebSocket or an event stream was silent for too long, either way. */
	UPGRADED_IDLE_TIMEOUT("connection.upgraded-idle-timeout"),

	/** The server is shutting down. */
	SHUTDOWN(null),

	/** The connection failed below HTTP. */
	FAILED(null),

	/** A refusal after the response had begun, such as its deadline. */
	RESPONSE_ABORTED(null),

	/** TLS was not established in time. */
	HANDSHAKE_TIMEOUT("connection.handshake-timeout"),

	/** TLS could not be established. */
	HANDSHAKE_FAILED(null),

	/** A request's head did not arrive in time. */
	HEADER_TIMEOUT("request.header-timeout"),

	/** What came is not HTTP, or headers were too large. */
	MALFORMED(null),

	/** A body came too slowly. */
	SLOW_REQUEST("request.min-rate"),

	/** A body was too large. */
	BODY_TOO_LARGE("request.max-body-size"),

	/** The response was complete and the body still was not. */
	UNREAD_BODY(null),

	/** A response was taken too slowly. */
	SLOW_READER("response.min-rate"),

	/** An HTTP/2 client reset or pinged more than is reasonable: ENHANCE_YOUR_CALM. */
	HTTP2_FLOOD(null),

	/** An HTTP/2 client broke the protocol. */
	HTTP2_ERROR(null),

	/** The server had as many connections as it may. */
	MAX_OPEN("connection.max-open"),

	/** The client had as many connections as it may. */
	MAX_OPEN_PER_CLIENT("connection.max-open-per-client");

	private final String code;

	private final @Nullable String property;

	CloseReason(@Nullable String property) {
		this.code = name().toLowerCase(Locale.ROOT).replace('_', '-');
		this.property = property;
	}

	/**
	 * Return the name used in meters and logs.
	 * @return lowercase words joined by hyphens
	 */
	public String code() {
		return this.code;
	}

	/**
	 * Return the property that sets the limit.
	 * @return the name below the prefix, or {@code null} if there is none
	 */
	public @Nullable String property() {
		return this.property;
	}

}
