package io.serverhardening.connection.registry;

import java.util.Locale;

import io.netty.handler.codec.http2.Http2Error;
import org.jspecify.annotations.Nullable;

/**
 * What a client did for which the server reset one of its HTTP/2 streams. The names are
 * the values of a meter's tag.
 */
public enum StreamFault {

	/** What came is no request, or broke the protocol. */
	PROTOCOL_ERROR(Http2Error.PROTOCOL_ERROR),

	/** It sent more than there was room for, or made room beyond measure. */
	FLOW_CONTROL_ERROR(Http2Error.FLOW_CONTROL_ERROR),

	/** It sent on a stream that had ended. */
	STREAM_CLOSED(Http2Error.STREAM_CLOSED),

	/** A frame had a size that it cannot have. */
	FRAME_SIZE_ERROR(Http2Error.FRAME_SIZE_ERROR),

	/** It opened more streams than it may. */
	REFUSED_STREAM(Http2Error.REFUSED_STREAM),

	/** It did something too often. */
	ENHANCE_YOUR_CALM(Http2Error.ENHANCE_YOUR_CALM);

	private final Http2Error error;

	StreamFault(Http2Error error) {
		this.error = error;
	}

	/**
	 * Return what a reset blames a client for.
	 * @param code the code of the reset
	 * @return the fault, or {@code null} if the client has done nothing
	 */
	public static @Nullable StreamFault of(long code) {
		for (StreamFault fault : values()) {
			if (fault.error.code() == code) {
				return fault;
			}
		}
		return null;
	}

	/**
	 * Return the name used in meters and logs.
	 * @return lowercase words joined by hyphens
	 */
	public String code() {
		return name().toLowerCase(Locale.ROOT).replace('_', '-');
	}

}
