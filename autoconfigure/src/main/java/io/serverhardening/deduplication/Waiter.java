package io.serverhardening.deduplication;

import java.time.Duration;
import java.util.Objects;

import io.serverhardening.deduplication.record.Claim;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;

/**
 * One copy among {@link Waiters}: it sleeps until it is woken, or told what holds for all
 * copies of its message.
 */
final class Waiter implements AutoCloseable, Comparable<Waiter> {

	private final Waiters waiters;

	private final String id;

	private final long number;

	/** That of the copy which has waited longest; {@code null} if it may not wait. */
	private @Nullable MessageContent content;

	private volatile @Nullable Claim told;

	private volatile Sinks.Empty<Void> bell = Sinks.empty();

	/** Woken, and has not asked yet. */
	private volatile boolean woken;

	/**
	 * Create the waiter.
	 * @param waiters those that wait
	 * @param id the message
	 * @param number is larger than that of any that has waited for longer
	 */
	Waiter(Waiters waiters, String id, long number) {
		this.waiters = waiters;
		this.id = id;
		this.number = number;
	}

	String id() {
		return this.id;
	}

	/**
	 * Keep what all copies share.
	 * @param content what is in the message
	 */
	void shares(MessageContent content) {
		this.content = content;
	}

	boolean mayWait() {
		return this.content != null;
	}

	/**
	 * Return what is in the message.
	 * @return what all copies share
	 */
	MessageContent content() {
		return Objects.requireNonNull(this.content);
	}

	void wake() {
		this.woken = true;
		this.bell.tryEmitEmpty();
	}

	/**
	 * Wake it with what another copy was told.
	 * @param claim what holds for this one as well
	 */
	void tell(Claim claim) {
		this.told = claim;
		wake();
	}

	/**
	 * Return what another copy was told.
	 * @return what holds for this one as well, {@code null} if it has to ask
	 */
	@Nullable Claim told() {
		return this.told;
	}

	/**
	 * It asks whether the message has been settled.
	 */
	void asks() {
		this.woken = false;
	}

	/**
	 * Wait until the message is settled.
	 * @param atMost how long at most
	 * @return completes when it is time to ask again
	 */
	Mono<Void> await(Duration atMost) {
		Sinks.Empty<Void> bell = this.bell;
		// A new bell before anybody hears the old one: who asks again and waits again
		// must not hear it twice.
		return bell.asMono().timeout(atMost, Mono.empty(), this.waiters.timers()).doOnTerminate(() -> {
			if (this.bell == bell) {
				this.bell = Sinks.empty();
			}
		});
	}

	@Override
	public void close() {
		this.waiters.leave(this);
		if (this.woken) {
			// Somebody else has to ask in its place.
			this.woken = false;
			this.waiters.wake(this.id);
		}
	}

	@Override
	public int compareTo(Waiter other) {
		return Long.compare(this.number, other.number);
	}

	@Override
	public boolean equals(Object other) {
		return this == other;
	}

	@Override
	public int hashCode() {
		return Long.hashCode(this.number);
	}

}
