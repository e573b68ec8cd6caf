package io.serverhardening.deduplication.access;

import java.time.Duration;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicIntegerFieldUpdater;
import java.util.function.LongSupplier;

import io.serverhardening.deduplication.record.RecordStore;
import io.serverhardening.deduplication.record.StepTimes;
import io.serverhardening.deduplication.record.StoreGate;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Subscription;
import reactor.core.CoreSubscriber;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Operators;
import reactor.core.scheduler.Scheduler;
import reactor.util.context.Context;

/**
 * The steps of a store that may be slow or down. Each has its answer, or an error when
 * its time is up, and the gate hears of what goes wrong.
 * <p>
 * All may take equally long, and are due in the order in which they began: one timer at a
 * time is enough for all of them.
 */
public final class StoreSteps {

	private static final Log logger = LogFactory.getLog(StoreSteps.class);

	private final RecordStore store;

	private final StoreGate gate;

	private final long timeoutNanos;

	private final Scheduler timers;

	private final LongSupplier time;

	private final StepTimes times = new StepTimes();

	/** In the order in which they are due, and some of those that are over. */
	private final Queue<Step<?>> steps = new ConcurrentLinkedQueue<>();

	private final AtomicBoolean watching = new AtomicBoolean();

	/**
	 * Create the steps.
	 * @param store the store
	 * @param gate tells whether it is up
	 * @param timeout how long a step may take
	 * @param timers keep time off the event loops
	 * @param time the clock, nanoseconds
	 */
	public StoreSteps(RecordStore store, StoreGate gate, Duration timeout, Scheduler timers, LongSupplier time) {
		this.store = store;
		this.gate = gate;
		this.timeoutNanos = timeout.toNanos();
		this.timers = timers;
		this.time = time;
	}

	/**
	 * Whether the store may be asked.
	 * @return {@code false} while it is down
	 */
	public boolean isUp() {
		return this.gate.isOpen();
	}

	StepTimes times() {
		return this.times;
	}

	/**
	 * Take a step. It is taken back when its time is up, or nobody waits for it any more.
	 * @param <T> what the store says
	 * @param id what the message is known by
	 * @param step the step
	 * @return what the store says, or an error; nothing said is an error
	 */
	public <T> Mono<T> ask(String id, Mono<T> step) {
		return new Asked<>(this, id, step, null, false);
	}

	/**
	 * Look for what may not be there.
	 * @param <T> what the store says
	 * @param id what the message is known by
	 * @param step the step
	 * @return what the store says, if anything, or an error
	 */
	<T> Mono<T> look(String id, Mono<T> step) {
		return new Asked<>(this, id, step, null, true);
	}

	/**
	 * Take a step that is not taken back: what it grants may be granted when nobody waits
	 * for it any more.
	 * @param <T> what the store says
	 * @param id what the message is known by
	 * @param step the step
	 * @param grant takes what is granted
	 * @return what the store says, or an error
	 */
	<T> Mono<T> insist(String id, Mono<T> step, Grant<T> grant) {
		return new Asked<>(this, id, step, grant, false);
	}

	private void begin(Step<?> step) {
		for (Step<?> first = this.steps.peek(); first != null && first.isDone(); first = this.steps.peek()) {
			this.steps.remove(first);
		}
		this.steps.add(step);
		watch();
	}

	private void watch() {
		Step<?> first = this.steps.peek();
		if (first == null || !this.watching.compareAndSet(false, true)) {
			return;
		}
		try {
			this.timers.schedule(this::look, Math.max(0, first.leftNanos(this.time.getAsLong())), TimeUnit.NANOSECONDS);
		}
		catch (RejectedExecutionException ex) {
			// Shutting down: nobody keeps time any more.
			this.watching.set(false);
			for (Step<?> step = this.steps.poll(); step != null; step = this.steps.poll()) {
				expire(step);
			}
		}
		catch (Throwable ex) {
			// No memory, or no thread: the next step that begins tries again.
			this.watching.set(false);
		}
	}

	private void look() {
		try {
			long now = this.time.getAsLong();
			for (Step<?> step = this.steps.peek(); step != null && step.isOver(now); step = this.steps.peek()) {
				if (this.steps.remove(step)) {
					expire(step);
				}
			}
		}
		finally {
			this.watching.set(false);
			watch();
		}
	}

	private static void expire(Step<?> step) {
		try {
			step.expire();
		}
		catch (Throwable ex) {
			// Whatever it is: the clock of the others goes on.
			logger.debug("Whoever waited for the store has failed", ex);
		}
	}

	private void failed(String id, Throwable error) {
		this.times.failed();
		this.store.suspect(id);
		this.gate.failed(error);
	}

	/**
	 * Takes what is granted.
	 *
	 * @param <T> what the store says
	 */
	interface Grant<T> {

		/**
		 * The store has answered.
		 * @param said what it says
		 * @return what is told to whoever asked
		 */
		T arrived(T said);

		/**
		 * Nobody asks any more.
		 * @param said what would have been told
		 */
		void late(T said);

	}

	/**
	 * What is asked, each time somebody waits for it.
	 */
	private static final class Asked<T> extends Mono<T> {

		private final StoreSteps steps;

		private final String id;

		private final Mono<T> source;

		private final @Nullable Grant<T> grant;

		private final boolean mayBeEmpty;

		Asked(StoreSteps steps, String id, Mono<T> source, @Nullable Grant<T> grant, boolean mayBeEmpty) {
			this.steps = steps;
			this.id = id;
			this.source = source;
			this.grant = grant;
			this.mayBeEmpty = mayBeEmpty;
		}

		@Override
		public void subscribe(CoreSubscriber<? super T> actual) {
			Step<T> step = new Step<>(this.steps, this.id, actual, this.grant, this.mayBeEmpty);
			actual.onSubscribe(step);
			if (step.actual == null) {
				return;
			}
			this.steps.begin(step);
			try {
				this.source.subscribe(step);
			}
			catch (RuntimeException ex) {
				step.onError(ex);
			}
		}

	}

	/**
	 * One step. Whoever waits for it takes what there is when it is there, as the
	 * operators of a {@link Mono} do.
	 */
	private static final class Step<T> implements CoreSubscriber<T>, Subscription {

		@SuppressWarnings("rawtypes")
		private static final AtomicIntegerFieldUpdater<Step> OVER = AtomicIntegerFieldUpdater.newUpdater(Step.class,
				"over");

		private final StoreSteps steps;

		private final String id;

		private final @Nullable Grant<T> grant;

		private final boolean mayBeEmpty;

		private final long start;

		/** Let go of when it is over: the timer comes by later. */
		private volatile @Nullable CoreSubscriber<? super T> actual;

		private volatile @Nullable Subscription upstream;

		private volatile int over;

		private boolean answered;

		Step(StoreSteps steps, String id, CoreSubscriber<? super T> actual, @Nullable Grant<T> grant,
				boolean mayBeEmpty) {
			this.steps = steps;
			this.id = id;
			this.actual = actual;
			this.grant = grant;
			this.mayBeEmpty = mayBeEmpty;
			this.start = steps.time.getAsLong();
		}

		private @Nullable CoreSubscriber<? super T> end() {
			if (!OVER.compareAndSet(this, 0, 1)) {
				return null;
			}
			CoreSubscriber<? super T> actual = this.actual;
			this.actual = null;
			return actual;
		}

		private long leftNanos(long now) {
			return this.start + this.steps.timeoutNanos - now;
		}

		private boolean isDone() {
			return this.over != 0;
		}

		private boolean isOver(long now) {
			return isDone() || leftNanos(now) <= 0;
		}

		private void expire() {
			CoreSubscriber<? super T> actual = end();
			if (actual != null) {
				takeBack();
				fail(actual, new TimeoutException("The store did not answer in time"));
			}
		}

		private void fail(CoreSubscriber<? super T> actual, Throwable error) {
			this.steps.failed(this.id, error);
			actual.onError(error);
		}

		private void takeBack() {
			Subscription upstream = this.upstream;
			this.upstream = null;
			if (upstream != null && this.grant == null) {
				upstream.cancel();
			}
		}

		@Override
		public Context currentContext() {
			CoreSubscriber<? super T> actual = this.actual;
			return (actual != null) ? actual.currentContext() : Context.empty();
		}

		@Override
		public void onSubscribe(Subscription upstream) {
			if (Operators.validate(this.upstream, upstream)) {
				this.upstream = upstream;
				if (this.over != 0) {
					takeBack();
				}
				upstream.request(Long.MAX_VALUE);
			}
		}

		@Override
		public void onNext(T said) {
			this.answered = true;
			// It holds what was sent and what came, and the timer comes by later.
			this.upstream = null;
			this.steps.times.took(this.steps.time.getAsLong() - this.start);
			Grant<T> grant = this.grant;
			T told = (grant != null) ? grant.arrived(said) : said;
			CoreSubscriber<? super T> actual = end();
			if (actual != null) {
				actual.onNext(told);
				actual.onComplete();
			}
			else if (grant != null) {
				grant.late(told);
			}
		}

		@Override
		public void onComplete() {
			this.upstream = null;
			if (this.answered) {
				return;
			}
			CoreSubscriber<? super T> actual = end();
			if (actual == null) {
				return;
			}
			if (this.mayBeEmpty) {
				this.steps.times.took(this.steps.time.getAsLong() - this.start);
				actual.onComplete();
			}
			else {
				fail(actual, new IllegalStateException("The store did not say anything"));
			}
		}

		@Override
		public void onError(Throwable error) {
			this.upstream = null;
			CoreSubscriber<? super T> actual = end();
			if (actual != null) {
				fail(actual, error);
			}
		}

		@Override
		public void request(long n) {
			Operators.validate(n);
		}

		@Override
		public void cancel() {
			if (end() != null) {
				takeBack();
			}
		}

	}

}
