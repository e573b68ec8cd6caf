package io.serverhardening.request;

import java.time.Duration;
import java.util.function.Supplier;

import io.netty.channel.Channel;
import io.serverhardening.GuardedRequest;
import io.serverhardening.Mode;
import io.serverhardening.Rejection;
import io.serverhardening.internal.channel.CloseReason;
import io.serverhardening.internal.time.LoopClock;
import io.serverhardening.internal.time.Registration;
import io.serverhardening.request.BodyClock.Expiry;
import io.serverhardening.request.BodyState.Arrival;
import org.jspecify.annotations.Nullable;
import reactor.netty.channel.ChannelOperations;

/**
 * Holds the body of the present request of a channel to the limits of its route, or,
 * until a guard has named them, to those of the top.
 * <p>
 * Time counts only while the server has asked for bytes and somebody reads them, and it
 * is the time of the {@link LoopClock}: what the client cannot help is not held against
 * it.
 */
final class BodyMeter implements LoopClock.Member {

	/** The double of what a handler has until its response begins, unless it is told. */
	private static final long MAX_HELD_UP = Duration.ofSeconds(60).toNanos();

	private final Channel channel;

	private final BodyState state;

	private final Supplier<BodyLimits> unguarded;

	private final BodyRefusal refusal;

	private final Registration registration;

	private BodyLimits limits;

	/** Begun when it is first needed: most requests have no body. */
	private @Nullable BodyClock clock;

	private boolean reading;

	/** Whether a tick has come since it began. */
	private boolean ticked;

	/** How long there was no room for the body. */
	private long heldUp;

	BodyMeter(Channel channel, BodyState state, Supplier<BodyLimits> unguarded, LoopClock clock) {
		this.channel = channel;
		this.state = state;
		this.unguarded = unguarded;
		this.limits = unguarded.get();
		this.registration = clock.register(this);
		this.registration.cancel();
		this.refusal = new BodyRefusal(channel, state, this.registration);
	}

	BodyRefusal refusal() {
		return this.refusal;
	}

	/**
	 * A request begins, which no guard has seen yet.
	 */
	void begin() {
		this.limits = this.unguarded.get();
		this.clock = null;
		this.ticked = false;
		this.heldUp = 0;
		this.refusal.newRequest();
	}

	/**
	 * The request has a body: it is waited for.
	 */
	void open() {
		this.registration.resume();
	}

	/**
	 * The body has come to its end, and nobody minds.
	 */
	void settled() {
		this.refusal.forget();
		this.registration.cancel();
	}

	void close() {
		this.registration.cancel();
	}

	/**
	 * Hold the body to the limits of a route from now on.
	 * @param limits the limits
	 * @param request the present request
	 * @return {@code false} if they are exceeded already
	 */
	boolean attach(BodyLimits limits, GuardedRequest request) {
		if (limits != this.limits) {
			this.limits = limits;
			this.clock = null;
		}
		boolean fits = !this.state.exceeds(limits.maxBodySize());
		if (fits && this.state.isSettled()) {
			return true;
		}
		// Where it is refused already, too: the refusal is carried out with it.
		this.refusal.guard(request);
		if (fits || this.state.isRefused()) {
			return true;
		}
		this.state.exceed(isEnforced());
		if (isEnforced()) {
			this.refusal.begin();
			this.refusal.closing(CloseReason.BODY_TOO_LARGE);
		}
		return false;
	}

	/**
	 * Refuse a request that was let through before anybody had counted its body.
	 */
	void refuseLate() {
		exceeded(this.limits.tooLarge(), CloseReason.BODY_TOO_LARGE);
	}

	/**
	 * A body has been announced after the guards.
	 */
	void announcedLate() {
		if (this.state.exceeds(this.limits.maxBodySize()) && !this.state.isRefused()) {
			this.state.exceed(isEnforced());
			exceededInRead();
		}
	}

	/**
	 * A part of the body has come.
	 * @param bytes how many
	 * @param last whether it ends the body
	 * @return what to do with the part
	 */
	Arrival arrived(int bytes, boolean last) {
		Arrival arrival = this.state.arrived(bytes, last, this.limits.maxBodySize(), isEnforced());
		if (arrival == Arrival.OBSERVE || arrival == Arrival.REFUSE) {
			exceededInRead();
		}
		return arrival;
	}

	/**
	 * The client has sent something.
	 * @param bytes how many, as they were sent
	 */
	void moved(int bytes) {
		if (bytes > 0) {
			clock().arrived(bytes);
		}
	}

	private BodyClock clock() {
		BodyClock clock = this.clock;
		if (clock == null) {
			clock = new BodyClock(this.limits.policy());
			this.clock = clock;
		}
		return clock;
	}

	private boolean isEnforced() {
		return this.limits.mode() == Mode.ENFORCE;
	}

	/**
	 * Remember whether bytes have been asked for that have not come.
	 * @param reading whether the socket is being read
	 */
	void reading(boolean reading) {
		this.reading = reading;
	}

	@Override
	public void tick(long charged) {
		if (this.refusal.isAwaited()) {
			this.refusal.tick(charged);
		}
		else if (this.reading && !this.state.isObserved() && isRead() && !isHeldUp(charged)) {
			// A period that it began in is given to it: nothing ends early.
			Expiry expiry = this.ticked ? clock().waited(charged) : null;
			this.ticked = true;
			if (expiry != null) {
				this.state.exceed(isEnforced());
				exceeded(this.limits.rejection(expiry), CloseReason.SLOW_REQUEST);
			}
		}
	}

	private boolean isRead() {
		ChannelOperations<?, ?> operations = ChannelOperations.get(this.channel);
		return operations != null && !operations.isInboundCancelled();
	}

	// A client that has to wait for others may have filled the window itself, with a body
	// that nobody ever reads: that stretches the clocks, and does not stop them.
	private boolean isHeldUp(long charged) {
		if (this.heldUp >= MAX_HELD_UP || SharedWindow.isOpen(this.channel)) {
			return false;
		}
		this.heldUp += charged;
		return true;
	}

	private void exceededInRead() {
		if (isEnforced()) {
			// Not in the midst of a read: a stream that is answered and ended there
			// releases its bytes twice.
			this.refusal.later(this::refuseLate);
		}
		else {
			refuseLate();
		}
	}

	private void exceeded(Rejection rejection, CloseReason reason) {
		if (this.state.isRefused()) {
			this.refusal.carryOut(rejection, reason);
		}
		else {
			this.refusal.observe(rejection);
		}
	}

}
