package io.serverhardening.response.pace;

import io.netty.channel.Channel;
import io.netty.handler.codec.http2.Http2StreamChannel;
import io.serverhardening.GuardedRequest;
import io.serverhardening.Mode;
import io.serverhardening.Rejection;
import io.serverhardening.Rejection.Outcome;
import io.serverhardening.internal.channel.CloseReason;
import io.serverhardening.internal.channel.RequestChannel;
import io.serverhardening.internal.channel.Wire;
import io.serverhardening.internal.time.LoopClock;
import io.serverhardening.internal.time.Registration;
import io.serverhardening.response.pace.WriteClock.Expiry;
import org.jspecify.annotations.Nullable;

/**
 * Watches whether the client takes what is written on one channel. It is looked at only
 * while there may be something to take, and costs a request next to nothing.
 */
public final class WritePace implements LoopClock.Member {

	private final Channel channel;

	private final Outflow outflow;

	private final Registration registration;

	private WriteLimits unguarded;

	private WriteLimits limits;

	private WriteClock clock;

	private @Nullable GuardedRequest guarded;

	private boolean over;

	/** Whether the last of the response has been written. */
	private boolean complete;

	public WritePace(Channel channel, Outflow outflow, WriteLimits unguarded, LoopClock clock) {
		this.channel = channel;
		this.outflow = outflow;
		this.unguarded = unguarded;
		this.limits = unguarded;
		this.clock = new WriteClock(unguarded.policy(), outflow.burst());
		this.registration = clock.register(this);
		this.registration.cancel();
	}

	/**
	 * Watch by other limits what no guard sees. Where they are the same, the clocks that
	 * run go on.
	 * @param limits the limits
	 */
	public void unguarded(WriteLimits limits) {
		if (!limits.isSameAs(this.unguarded)) {
			this.unguarded = limits;
			if (this.guarded == null) {
				// What was observed may be ended now.
				this.over = false;
				use(limits);
			}
		}
	}

	/**
	 * A request begins, and no guard has seen it yet. Most likely one will, with the same
	 * limits as the last time: they are kept until something is written without one.
	 */
	public void begin() {
		this.guarded = null;
		this.over = false;
		this.complete = false;
	}

	/**
	 * Watch the response of a request by the limits of its route.
	 * @param limits the limits
	 * @param request the request
	 */
	public void guard(WriteLimits limits, GuardedRequest request) {
		this.guarded = request;
		use(limits);
	}

	private void use(WriteLimits limits) {
		if (this.limits != limits) {
			this.limits = limits;
			this.clock = this.clock.with(limits.policy(), this.outflow.burst());
		}
	}

	/**
	 * Something is being written.
	 * @param last whether it is the last of the response
	 */
	public void writing(boolean last) {
		this.complete |= last;
		if (this.guarded == null) {
			use(this.unguarded);
		}
		if (!this.registration.isActive()) {
			this.registration.resume();
		}
	}

	@Override
	public void tick(long charged) {
		long unsent = this.outflow.unsent();
		Expiry expiry = this.clock.look(charged, unsent, this.outflow);
		if (unsent == 0 && this.outflow.isDone()) {
			this.registration.cancel();
			if (this.complete) {
				// An idle connection keeps nothing of its last request.
				this.guarded = null;
			}
		}
		else if (expiry != null && !this.over) {
			this.over = true;
			cut(this.limits.rejection(expiry));
		}
	}

	private void cut(Rejection rejection) {
		GuardedRequest request = this.guarded;
		if (this.limits.mode() == Mode.OBSERVE) {
			if (request != null) {
				request.tell(rejection, Outcome.OBSERVED);
			}
			return;
		}
		closing(request != null);
		if (request != null && !request.refuse(rejection)) {
			// The handler is done, and what it wrote is still here.
			request.tell(rejection, Outcome.REFUSED);
		}
		// Also after the refusal: what is stuck may belong to an earlier response.
		RequestChannel.reset(this.channel);
	}

	private void closing(boolean told) {
		Wire wire = (this.channel instanceof Http2StreamChannel) ? null : Wire.of(this.channel);
		if (wire != null && told) {
			wire.closing(CloseReason.SLOW_READER);
		}
		else if (wire != null) {
			wire.closingUnguarded(CloseReason.SLOW_READER);
		}
	}

	public void end() {
		this.registration.cancel();
	}

}
