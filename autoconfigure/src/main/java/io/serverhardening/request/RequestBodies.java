package io.serverhardening.request;

import java.util.function.Supplier;

import io.serverhardening.Mode;
import reactor.netty.Connection;
import reactor.netty.ConnectionObserver;

/**
 * Has the bodies measured that arrive on any channel of a server: HTTP/1.1 connections
 * and HTTP/2 streams alike. Registered with {@code HttpServer.childObserve}.
 */
public final class RequestBodies implements ConnectionObserver {

	/** The same for all servers. */
	private final Unguarded unguarded;

	private final int maxLine;

	/**
	 * Create the observer.
	 * @param policy the limits of requests that no guard sees, such as those of a
	 * management server
	 * @param mode whether they are enforced
	 */
	public RequestBodies(RequestPolicy policy, Mode mode) {
		this(new Unguarded(policy, mode), Integer.MAX_VALUE);
	}

	private RequestBodies(Unguarded unguarded, int maxLine) {
		this.unguarded = unguarded;
		this.maxLine = maxLine;
	}

	/**
	 * Take another policy, for requests that begin from now on.
	 * @param policy the limits of requests that no guard sees
	 * @param mode whether they are enforced
	 */
	public void apply(RequestPolicy policy, Mode mode) {
		this.unguarded.apply(policy, mode);
	}

	/**
	 * Return the same with a limit for the request line of HTTP/2, which its codec does
	 * not know.
	 * @param maxLine how long the line may be, as HTTP/1.1 would write it
	 * @return the observer
	 */
	public RequestBodies withMaxLine(int maxLine) {
		return new RequestBodies(this.unguarded, maxLine);
	}

	@Override
	public void onStateChange(Connection connection, State state) {
		if (state == State.CONFIGURED) {
			RequestBody.watch(connection.channel(), this.unguarded, this.maxLine);
		}
	}

	/**
	 * The limits of requests that no guard sees.
	 */
	private static final class Unguarded implements Supplier<BodyLimits> {

		private volatile BodyLimits limits;

		Unguarded(RequestPolicy policy, Mode mode) {
			this.limits = new BodyLimits(policy, "none", mode);
		}

		void apply(RequestPolicy policy, Mode mode) {
			this.limits = new BodyLimits(policy, "none", mode);
		}

		@Override
		public BodyLimits get() {
			return this.limits;
		}

	}

}
