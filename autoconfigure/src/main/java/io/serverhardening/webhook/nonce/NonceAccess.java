package io.serverhardening.webhook.nonce;

import java.util.function.Supplier;

import io.serverhardening.webhook.nonce.Nonces.Held;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;

/**
 * How a route reaches the nonces of its source: those that this process knows, and after
 * them, where there is one, a store that all instances share and that may be down.
 * <p>
 * Nothing is remembered here before the store has answered. A second copy would be taken
 * for the sender's own, while the first is about to be refused.
 */
public final class NonceAccess {

	private final Nonces here;

	private final @Nullable NonceStore shared;

	private final @Nullable String requiredBy;

	private final Runnable onUnshared;

	/**
	 * Create the access.
	 * @param here what this process knows
	 * @param shared what all instances know, {@code null} where they share nothing
	 * @param requiredBy the property that says that nothing is taken while the store does
	 * not answer, {@code null} where this process then decides
	 * @param onUnshared is told of each nonce for which it has decided
	 */
	public NonceAccess(Nonces here, @Nullable NonceStore shared, @Nullable String requiredBy, Runnable onUnshared) {
		this.here = here;
		this.shared = shared;
		this.requiredBy = requiredBy;
		this.onUnshared = onUnshared;
	}

	/**
	 * Get ready to take a nonce.
	 * @param nonce the nonce, hashed
	 * @param fingerprint what came with it, hashed
	 * @param forGood whether it is used up whatever becomes of its push
	 * @param home where a store that answers on a thread of its own is heard
	 * @return the use, which never fails
	 */
	public NonceStore.Use of(String nonce, String fingerprint, boolean forGood, Supplier<Scheduler> home) {
		Held here = this.here.of(nonce, fingerprint, forGood);
		return (this.shared != null) ? new SharedUse(here, this.shared.of(nonce, fingerprint, forGood), home.get())
				: here;
	}

	/**
	 * Return what says that nothing is taken while the store does not answer.
	 * @return the property, {@code null} where this process then decides
	 */
	public @Nullable String requiredBy() {
		return this.requiredBy;
	}

	/**
	 * Return whether other instances know of the nonces that are used here.
	 * @return {@code false} where each instance has its own
	 */
	public boolean isShared() {
		return this.shared != null;
	}

	/**
	 * Return whether the store answers.
	 * @return {@code false} while nonces are known to this instance only, though they are
	 * to be shared
	 */
	public boolean isUp() {
		return this.shared == null || this.shared.isUp();
	}

	/**
	 * A use that this process knows of, and the others.
	 */
	private final class SharedUse implements NonceStore.Use {

		private final Held here;

		private final NonceStore.Use there;

		private final Scheduler home;

		private volatile boolean over;

		SharedUse(Held here, NonceStore.Use there, Scheduler home) {
			this.here = here;
			this.there = there;
			this.home = home;
		}

		@Override
		public Mono<NonceStore.Seen> take() {
			return Mono.defer(() -> {
				NonceStore.Seen known = this.here.known();
				return (known != NonceStore.Seen.FIRST) ? Mono.just(known)
						: this.there.take()
							.map(this::answered)
							.onErrorResume((error) -> Mono.fromSupplier(this::unanswered))
							.publishOn(this.home);
			});
		}

		private NonceStore.Seen answered(NonceStore.Seen seen) {
			if (seen != NonceStore.Seen.FIRST) {
				return seen;
			}
			NonceStore.Seen known = takeHere();
			if (known != NonceStore.Seen.FIRST) {
				// Another attempt was not answered, and did not wait.
				this.there.giveBack();
			}
			return known;
		}

		private NonceStore.Seen unanswered() {
			if (NonceAccess.this.requiredBy != null) {
				return NonceStore.Seen.UNKNOWN;
			}
			NonceStore.Seen known = takeHere();
			if (known == NonceStore.Seen.FIRST) {
				NonceAccess.this.onUnshared.run();
			}
			return known;
		}

		// On whatever thread the store has: the request may have ended just now.
		private NonceStore.Seen takeHere() {
			NonceStore.Seen known = this.here.takeNow();
			if (this.over) {
				this.here.giveBack();
			}
			return known;
		}

		@Override
		public void keep() {
			this.there.keep();
		}

		@Override
		public void giveBack() {
			this.over = true;
			this.here.giveBack();
			this.there.giveBack();
		}

	}

}
