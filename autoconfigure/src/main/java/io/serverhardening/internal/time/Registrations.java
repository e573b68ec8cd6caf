package io.serverhardening.internal.time;

import io.serverhardening.internal.time.LoopClock.Member;
import org.jspecify.annotations.Nullable;

/**
 * The members of a clock, in a list of which each may be taken while it is walked.
 */
final class Registrations {

	private final Registration head = new Registration();

	/** The next one to tick, so that one may end while its list is walked. */
	private Registration cursor = this.head;

	/** Written by the loop only. */
	private volatile int size;

	@SuppressWarnings("NonAtomicVolatileUpdate")
	void add(Registration registration) {
		registration.link(this.head);
		this.size++;
	}

	@SuppressWarnings("NonAtomicVolatileUpdate")
	void remove(Registration registration) {
		if (this.cursor == registration) {
			this.cursor = registration.next();
		}
		registration.unlink();
		this.size--;
	}

	/**
	 * Walk the list anew.
	 */
	void begin() {
		this.cursor = this.head.next();
	}

	/**
	 * Return the next member.
	 * @return the member, or {@code null} after the last
	 */
	@Nullable Member next() {
		Member member = this.cursor.member();
		if (member != null) {
			this.cursor = this.cursor.next();
		}
		return member;
	}

	int size() {
		return this.size;
	}

}
