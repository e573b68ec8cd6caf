package io.serverhardening.response;

import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;

import io.netty.channel.Channel;
import io.netty.util.concurrent.ScheduledFuture;
import io.serverhardening.internal.channel.ResponseParts;
import org.jspecify.annotations.Nullable;

/**
 * The timer of the response clocks of one channel, and what has become of the response
 * under way. A request on a kept connection costs it two assignments: the timer that an
 * earlier request armed is left to fire and then set to when it is needed.
 * <p>
 * All of it happens on the channel's event loop.
 */
final class ResponseTimer implements Runnable {

	private final Channel channel;

	private final LongSupplier time;

	private final BodyWait body = new BodyWait();

	/** The deadline of the request under way. */
	private @Nullable Watched current;

	private @Nullable ScheduledFuture<?> timer;

	private long timerAt;

	private long lastWrite;

	/** Whether anything of the response has been written. */
	private boolean begun;

	/** Whether the handler is done and its response has not begun. */
	private boolean leaving;

	private boolean looksAtBacklog;

	ResponseTimer(Channel channel, LongSupplier time) {
		this.channel = channel;
		this.time = time;
	}

	/**
	 * Watch the request that has just begun.
	 * @param deadline its deadline
	 * @param now the time
	 * @param delay when to look first, in nanoseconds
	 */
	void arm(Watched deadline, long now, long delay) {
		Watched earlier = this.current;
		if (earlier != null && this.begun) {
			earlier.outlive(this.lastWrite);
		}
		this.lastWrite = now;
		this.begun = false;
		this.leaving = false;
		this.looksAtBacklog = false;
		this.current = deadline;
		schedule(now, delay);
	}

	/**
	 * Stop watching a request whose handler is done, once its response has begun: what
	 * stands between the two, such as a hook that saves a session, may take for ever too.
	 * @param deadline its deadline
	 */
	void disarm(Watched deadline) {
		if (this.current == deadline) {
			if (this.begun) {
				this.current = null;
			}
			else {
				this.leaving = true;
			}
		}
	}

	/**
	 * Stop watching a request, whatever has become of its response.
	 * @param deadline its deadline
	 */
	void forget(Watched deadline) {
		if (this.current == deadline) {
			this.current = null;
		}
	}

	private void schedule(long now, long delay) {
		if (delay >= ResponseClock.NEVER) {
			return;
		}
		long at = now + delay;
		if (this.timer != null) {
			if (this.timerAt - at <= 0) {
				return;
			}
			this.timer.cancel(false);
		}
		this.timerAt = at;
		this.timer = this.channel.eventLoop().schedule(this, delay, TimeUnit.NANOSECONDS);
	}

	@Override
	public void run() {
		this.timer = null;
		look();
	}

	private void look() {
		Watched deadline = this.current;
		if (deadline != null) {
			long now = this.time.getAsLong();
			long delay = deadline.check(now);
			if (this.current == deadline) {
				schedule(now, delay);
			}
		}
	}

	Channel channel() {
		return this.channel;
	}

	BodyWait body() {
		return this.body;
	}

	boolean hasBegun() {
		return this.begun;
	}

	/**
	 * Whether a handler is done and its response has not begun.
	 * @param deadline the deadline of its request
	 * @return {@code true} if something after the handler holds the response up
	 */
	boolean isLeaving(Watched deadline) {
		return this.leaving && this.current == deadline;
	}

	/**
	 * Whether bytes are waiting for the client to take them.
	 * @return {@code true} if the handler's silence, if it is one, is not its own choice
	 */
	boolean hasBacklog() {
		return this.channel.bytesBeforeUnwritable() < this.channel.config().getWriteBufferHighWaterMark();
	}

	long silentSince(long now) {
		if (hasBacklog()) {
			this.looksAtBacklog = true;
			return now;
		}
		if (this.looksAtBacklog) {
			// Taken since the last look, a second ago at most: silence begins here.
			this.looksAtBacklog = false;
			this.lastWrite = now;
		}
		return this.lastWrite;
	}

	/**
	 * Bytes of a body have come.
	 * @param last whether they are the last
	 */
	void bodyArrived(boolean last) {
		Watched deadline = this.current;
		boolean awaited = this.body.isOpen();
		if (awaited && deadline != null && deadline.readsBody()) {
			this.body.arrive(this.time.getAsLong(), last);
			// The clock runs again from here, perhaps with less to go than until the next
			// look.
			look();
		}
		else {
			this.body.abandon();
			this.body.arrive(0, last);
		}
	}

	/**
	 * Somebody wants to read.
	 */
	void reading() {
		Watched deadline = this.current;
		if (deadline != null && deadline.readsBody()) {
			this.body.ask(this.time.getAsLong());
		}
	}

	/**
	 * Something is being written.
	 * @param message what
	 */
	void writing(Object message) {
		Watched deadline = this.current;
		if (deadline != null) {
			this.lastWrite = this.time.getAsLong();
			if (!this.begun && !ResponseParts.isInterim(message)) {
				this.begun = true;
				deadline.begun(this.lastWrite);
			}
			if (this.leaving && this.begun) {
				this.current = null;
			}
		}
	}

	/**
	 * The channel is gone.
	 */
	void end() {
		ScheduledFuture<?> timer = this.timer;
		if (timer != null) {
			timer.cancel(false);
			this.timer = null;
		}
		Watched last = this.current;
		if (last != null && this.begun) {
			this.current = null;
			last.outlive(this.lastWrite);
		}
	}

}
