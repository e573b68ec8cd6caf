package io.serverhardening.internal.time;

import io.serverhardening.internal.time.LoopClock.Member;
import org.jspecify.annotations.Nullable;

/**
 * The place of a member in the list of its clock.
 */
public final class Registration {

	private final @Nullable LoopClock clock;

	private final @Nullable Member member;

	private Registration previous = this;

	private Registration next = this;

	/**
	 * Create the head of a list.
	 */
	Registration() {
		this.clock = null;
		this.member = null;
	}

	Registration(LoopClock clock, Member member) {
		this.clock = clock;
		this.member = member;
	}

	/**
	 * Whether the member is ticked.
	 * @return {@code false} once cancelled
	 */
	public boolean isActive() {
		return this.next != this;
	}

	/**
	 * Tick the member no more, until {@link #resume()}.
	 */
	public void cancel() {
		if (this.clock != null && isActive()) {
			this.clock.remove(this);
		}
	}

	/**
	 * Tick the member again.
	 */
	public void resume() {
		if (this.clock != null && !isActive()) {
			this.clock.add(this);
		}
	}

	@Nullable Member member() {
		return this.member;
	}

	Registration next() {
		return this.next;
	}

	void link(Registration head) {
		this.previous = head.previous;
		this.next = head;
		head.previous.next = this;
		head.previous = this;
	}

	void unlink() {
		this.previous.next = this.next;
		this.next.previous = this.previous;
		this.previous = this;
		this.next = this;
	}

}
