package io.serverhardening.response;

import java.util.function.LongSupplier;

import reactor.netty.Connection;
import reactor.netty.ConnectionObserver;

/**
 * Has every channel of a server that carries requests watched by the response clocks:
 * HTTP/1.1 connections and HTTP/2 streams alike. Registered with
 * {@code HttpServer.childObserve}.
 */
public final class ResponseChannels implements ConnectionObserver {

	private final LongSupplier time;

	/**
	 * Create the observer.
	 * @param time the clock, nanoseconds
	 */
	public ResponseChannels(LongSupplier time) {
		this.time = time;
	}

	@Override
	public void onStateChange(Connection connection, State state) {
		if (state == State.CONFIGURED) {
			ChannelProgress.watch(connection.channel(), this.time);
		}
	}

}
