package io.serverhardening.connection;

import io.netty.channel.Channel;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaderValues;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpUtil;
import reactor.netty.channel.ChannelOperations;

/**
 * A request that asks for the end of its connection while another is under way.
 * <p>
 * Reactor Netty hears of the wish when the request is decoded, and not when it is its
 * turn: it ends the connection with the answer that it is writing, or, where that is
 * written but not flushed, never looks at the request again, and the connection stays as
 * long as the client likes. So the wish is kept from it, and carried out here.
 */
final class LastRequest {

	private boolean begun;

	private boolean read;

	/**
	 * Look at a request that has just been decoded.
	 * @param request the request
	 * @param channel its connection
	 * @param outstanding how many requests before it are unanswered
	 */
	void begins(HttpRequest request, Channel channel, int outstanding) {
		// The operations of an answer that is not flushed are still there.
		if ((outstanding > 0 || ChannelOperations.get(channel) != null) && !HttpUtil.isKeepAlive(request)) {
			HttpUtil.setKeepAlive(request, true);
			this.begun = true;
		}
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
	 * @return {@code true} if the connection ends with it
	 */
	boolean isAnswered(int outstanding) {
		return this.begun && outstanding == 1;
	}

	static void announce(HttpResponse response) {
		response.headers().set(HttpHeaderNames.CONNECTION, HttpHeaderValues.CLOSE);
	}

}
