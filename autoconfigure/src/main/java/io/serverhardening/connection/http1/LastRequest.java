package io.serverhardening.connection.http1;

import io.netty.channel.Channel;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaderValues;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpUtil;
import reactor.netty.channel.ChannelOperations;

/**
 * A request that asks for the end of its connection. What comes after it is nobody's:
 * Reactor Netty drops the head of such a request, and takes its body for more of this
 * one's.
 * <p>
 * Where another is under way before it, Reactor Netty hears of the wish when the request
 * is decoded, and not when it is its turn: it ends the connection with the answer that it
 * is writing, or, where that is written but not flushed, never looks at the request
 * again, and the connection stays as long as the client likes. So the wish is kept from
 * it, and carried out here.
 */
final class LastRequest {

	private boolean begun;

	/** Whether the wish is kept from Reactor Netty. */
	private boolean hidden;

	private boolean read;

	/**
	 * Look at a request that has just been decoded.
	 * @param request the request
	 * @param channel its connection
	 * @param outstanding how many requests before it are unanswered
	 */
	void begins(HttpRequest request, Channel channel, int outstanding) {
		if (!isKeepAlive(request)) {
			this.begun = true;
			// The operations of an answer that is not flushed are still there.
			if (outstanding > 0 || ChannelOperations.get(channel) != null) {
				this.hidden = true;
				HttpUtil.setKeepAlive(request, true);
			}
		}
	}

	// Nearly every request says nothing of it: no need to go through its lines.
	private static boolean isKeepAlive(HttpRequest request) {
		return request.headers().contains(HttpHeaderNames.CONNECTION) ? HttpUtil.isKeepAlive(request)
				: request.protocolVersion().isKeepAliveDefault();
	}

	/**
	 * The request that was decoded last is complete.
	 */
	void completes() {
		this.read = this.begun;
	}

	/**
	 * Whether what is decoded now comes after it.
	 * @return {@code true} if nobody will answer it
	 */
	boolean isRead() {
		return this.read;
	}

	/**
	 * Whether the answer that is being written is the one to it.
	 * @param outstanding how many requests are unanswered
	 * @return {@code true} if it is up to us to end the connection with it
	 */
	boolean isAnswered(int outstanding) {
		return this.hidden && outstanding == 1;
	}

	static void announce(HttpResponse response) {
		response.headers().set(HttpHeaderNames.CONNECTION, HttpHeaderValues.CLOSE);
	}

}
