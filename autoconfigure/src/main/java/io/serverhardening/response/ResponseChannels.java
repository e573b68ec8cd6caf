package io.serverhardening.response;

import java.util.function.LongSupplier;

import io.serverhardening.Mode;
import reactor.netty.Connection;
import reactor.netty.ConnectionObserver;

/**
 * Has every channel of a server that carries requests watched by the response clocks:
 * HTTP/1.1 connections and HTTP/2 streams alike. Registered with
 * {@code HttpServer.childObserve}.
 */
public final class ResponseChannels implements ConnectionObserver {

	private final LongSupplier time;

	private final WriteLimits unguarded;

	/**
	 * Create the observer.
	 * @param time the clock, nanoseconds
	 * @param policy how fast the clients of requests that no guard sees have to read,
	 * such as those of a management server
	 * @param mode whether that is enforced
	 * @param propertyPrefix the prefix of the properties that an operator would change
	 */
	public ResponseChannels(LongSupplier time, WritePolicy policy, Mode mode, String propertyPrefix) {
		this.time = time;
		this.unguarded = new WriteLimits(policy, "none", mode, propertyPrefix);
	}

	@Override
	public void onStateChange(Connection connection, State state) {
		if (state == State.CONFIGURED) {
			ChannelProgress.watch(connection.channel(), this.time, this.unguarded);
		}
	}

}
