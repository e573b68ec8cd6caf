package io.serverhardening.deduplication.record;

import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;

import io.serverhardening.internal.call.ApplicationCalls;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;

/**
 * Asks a store whether it works.
 */
final class StoreProbe {

	private static final Log logger = LogFactory.getLog(StoreProbe.class);

	private static final Duration TIMEOUT = Duration.ofSeconds(1);

	private final Mono<?> question;

	private final Scheduler scheduler;

	private final BooleanSupplier wanted;

	/** What was begun before is not gone on with. */
	private final AtomicInteger forgotten = new AtomicInteger();

	/**
	 * Create the probe.
	 * @param question has the store do what it will be asked to do
	 * @param scheduler asks it, which may block
	 * @param wanted tells whether anybody wants to know
	 */
	StoreProbe(Mono<?> question, Scheduler scheduler, BooleanSupplier wanted) {
		// An Error would reach nobody, and the store would be down for ever.
		this.question = ApplicationCalls.mono(() -> question).timeout(TIMEOUT, scheduler);
		this.scheduler = scheduler;
		this.wanted = wanted;
	}

	/**
	 * Ask, after a while.
	 * @param delayMillis when
	 * @param onFailure is told why the store does not work
	 * @param onAnswer is told that it works
	 * @return {@code false} if nobody can be found to ask: there is no thread or no
	 * memory, or the application is shutting down
	 */
	boolean ask(long delayMillis, Consumer<Throwable> onFailure, Runnable onAnswer) {
		int begun = this.forgotten.get();
		try {
			this.scheduler.schedule(() -> ask(begun, onFailure, onAnswer), delayMillis, TimeUnit.MILLISECONDS);
			return true;
		}
		catch (Throwable ex) {
			logger.debug("Nobody asks the store", ex);
			// A thread that comes later may find this in its queue.
			forget();
			return false;
		}
	}

	private void ask(int begun, Consumer<Throwable> onFailure, Runnable onAnswer) {
		if (isWanted(begun)) {
			this.question.subscribe(null, (error) -> {
				if (isWanted(begun)) {
					onFailure.accept(error);
				}
			}, () -> {
				if (isWanted(begun)) {
					onAnswer.run();
				}
			});
		}
	}

	private boolean isWanted(int begun) {
		return begun == this.forgotten.get() && this.wanted.getAsBoolean();
	}

	/**
	 * Tell nobody of what was asked before.
	 */
	void forget() {
		this.forgotten.incrementAndGet();
	}

}
