package io.serverhardening.connection.http1;

import java.time.Duration;

import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaderValues;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpUtil;
import io.netty.util.AsciiString;
import io.serverhardening.connection.timeline.ConnectionPolicy;
import org.jspecify.annotations.Nullable;

/**
 * Whether a connection of HTTP/1.1 may be used for another request, as the heads of its
 * responses say, and what they say about it.
 */
final class ReusedConnection {

	private static final AsciiString KEEP_ALIVE = AsciiString.cached("keep-alive");

	private final PipelinedConnection connection;

	private final LastRequest lastRequest;

	private final @Nullable AsciiString keepAlive;

	/** The connection ends with an answer that has begun. */
	private boolean ended;

	/** Whether the response that is being written ends the connection by our will. */
	private boolean closing;

	ReusedConnection(PipelinedConnection connection, ConnectionPolicy policy, LastRequest lastRequest) {
		this.connection = connection;
		this.lastRequest = lastRequest;
		this.keepAlive = keepAlive(policy);
	}

	private static @Nullable AsciiString keepAlive(ConnectionPolicy policy) {
		Duration idle = policy.idleTimeout().duration();
		return (idle != null && idle.toSeconds() > 0) ? AsciiString.cached("timeout=" + idle.toSeconds()) : null;
	}

	/**
	 * The head of a final response is being written.
	 * @param response the head
	 */
	void responseBegun(HttpResponse response) {
		if (this.lastRequest.isAnswered(this.connection.outstanding())) {
			LastRequest.announce(response);
			this.closing = true;
		}
		boolean keptAlive = isKeptAlive(response);
		if (keptAlive && this.connection.isLastOfAll()) {
			// The server is being shut down: whoever hears of it does not send on.
			response.headers().set(HttpHeaderNames.CONNECTION, HttpHeaderValues.CLOSE);
			keptAlive = false;
			this.closing = true;
		}
		this.ended = !keptAlive;
		this.connection.responseBegun(!keptAlive, isEventStream(response));
		if (keptAlive && this.keepAlive != null) {
			response.headers().set(KEEP_ALIVE, this.keepAlive);
		}
	}

	private static boolean isEventStream(HttpResponse response) {
		String type = response.headers().get(HttpHeaderNames.CONTENT_TYPE);
		return type != null && type.startsWith("text/event-stream");
	}

	private static boolean isKeptAlive(HttpResponse response) {
		// Nearly always there is no such header, which is quicker to find out.
		return response.headers().contains(HttpHeaderNames.CONNECTION) ? HttpUtil.isKeepAlive(response)
				: response.protocolVersion().isKeepAliveDefault();
	}

	/**
	 * Whether the connection ends with an answer that has begun.
	 * @return {@code true} if no request is answered after it
	 */
	boolean hasEnded() {
		return this.ended;
	}

	/**
	 * Whether it is up to us to end the connection with the response that is being
	 * written.
	 * @return {@code true} where the server would not
	 */
	boolean isClosing() {
		return this.closing;
	}

}
