package io.serverhardening.wire;

import java.util.Locale;

/**
 * What is peculiar about a request.
 */
enum Trait {

	/** Chunks have extensions. */
	EXTENSIONS,

	/** Fields follow the body. */
	TRAILERS,

	/** The body comes in many small pieces: chunks, or frames of HTTP/2. */
	PIECES,

	/** The end of the body comes a while after the rest. */
	LATE_END,

	/** {@code Expect: 100-continue}, and the body follows at once. */
	EXPECT,

	/** {@code Expect: 100-continue}, and the body waits for it. */
	EXPECT_WAIT,

	/** HTTP/1.0. */
	HTTP_1_0,

	/** {@code Connection: keep-alive}. */
	KEEP_ALIVE,

	/** {@code Connection: close}. */
	CLOSE,

	/** A CORS preflight. */
	PREFLIGHT,

	/** From another origin. */
	ORIGIN,

	/** Offers WebSocket. */
	WEBSOCKET,

	/** Offers HTTP/2 in clear text. */
	H2C,

	/** Offers a protocol that nobody speaks here. */
	OTHER_PROTOCOL,

	/** Offers HTTP/2 in clear text, without the settings that this takes. */
	H2C_WITHOUT_SETTINGS,

	/** The request line is none. */
	BAD_LINE,

	/** Two different lengths. */
	TWO_LENGTHS,

	/** A chunk's size is none, somewhere in the body. */
	BAD_CHUNK,

	/** A version that is not spoken here. */
	BAD_VERSION,

	/** A head that is larger than the server takes. */
	LARGE_HEAD,

	/** HTTP/2: the body is shorter than its length. */
	SHORT,

	/** HTTP/2: the client gives up in the midst. */
	RESET;

	String text() {
		return name().toLowerCase(Locale.ROOT);
	}

	static Trait of(String text) {
		return valueOf(text.toUpperCase(Locale.ROOT));
	}

}
