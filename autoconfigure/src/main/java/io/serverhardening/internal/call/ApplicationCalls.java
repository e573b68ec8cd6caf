package io.serverhardening.internal.call;

import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.LongSupplier;
import java.util.function.Supplier;

import io.serverhardening.internal.AggregatedLog;
import io.serverhardening.internal.HardeningThreads;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;

import org.springframework.aop.framework.AopInfrastructureBean;

/**
 * The one door to code of the application. What is thrown behind it is counted by what
 * failed and logged once a second at most, and never gets out: a clock goes on, a place
 * comes back and a request ends whatever a hook does.
 * <p>
 * That goes for every {@link Throwable}. An {@link Error} of the application's is a
 * defect in one call and not the end of the process; who would rather have that has
 * {@code -XX:+ExitOnOutOfMemoryError}, which acts before anybody here hears of it.
 * Reactor rethrows some errors ({@code Exceptions.throwIfFatal}), past every subscriber:
 * therefore they are caught here, and not by an operator.
 */
public final class ApplicationCalls implements AutoCloseable, AopInfrastructureBean {

	private static final Log logger = LogFactory.getLog(ApplicationCalls.class);

	private final Map<ApplicationCall, LongAdder> failures = new EnumMap<>(ApplicationCall.class);

	private final HardeningThreads threads;

	private final AwaitedCalls awaited;

	private final AggregatedLog<String> log;

	/**
	 * Create the door.
	 * @param threads write the log, and do what a call that hangs was to be followed by
	 * @param time the clock, nanoseconds
	 */
	public ApplicationCalls(HardeningThreads threads, LongSupplier time) {
		this.threads = threads;
		this.awaited = new AwaitedCalls(threads, time, this::overdue);
		this.log = AggregatedLog.ofFailures(threads.log(), logger::warn);
		for (ApplicationCall call : ApplicationCall.values()) {
			this.failures.put(call, new LongAdder());
		}
	}

	/**
	 * Run code of the application.
	 * @param call what it is
	 * @param who whose it is: a name, or an object whose class is named
	 * @param code the code
	 */
	public void run(ApplicationCall call, Object who, Runnable code) {
		try {
			code.run();
		}
		catch (Throwable ex) {
			failed(call, who, ex);
		}
	}

	/**
	 * Run code of the application that others wait for.
	 * @param call what it is
	 * @param who whose it is: a name, or an object whose class is named
	 * @param code the code
	 * @param overdue what has to be done although the code does not return; done on
	 * another thread and possibly while the code goes on, so it must bear being done
	 * again
	 */
	public void run(ApplicationCall call, Object who, Runnable code, Runnable overdue) {
		AwaitedCall awaited = this.awaited.begin(call, who, overdue);
		run(call, who, code);
		this.awaited.end(awaited);
	}

	/**
	 * Run code of the application on a thread that nothing else waits for.
	 * @param call what it is
	 * @param who whose it is: a name, or an object whose class is named
	 * @param code the code
	 */
	public void runElsewhere(ApplicationCall call, Object who, Runnable code) {
		runOn(this.threads.hands(), call, who, code);
	}

	/**
	 * Run code of the application on a thread that nothing else waits for, and something
	 * after it.
	 * @param call what it is
	 * @param who whose it is: a name, or an object whose class is named
	 * @param code the code
	 * @param next what follows, once: when the code returns, or although it does not or
	 * no thread is left to run it
	 */
	public void runElsewhere(ApplicationCall call, Object who, Runnable code, Runnable next) {
		AwaitedCall awaited = this.awaited.begin(call, who, next);
		boolean begun = runOn(this.threads.hands(), call, who, () -> {
			run(call, who, code);
			if (this.awaited.end(awaited)) {
				next.run();
			}
		});
		if (!begun && this.awaited.end(awaited)) {
			run(call, who, next);
		}
	}

	private boolean runOn(Scheduler scheduler, ApplicationCall call, Object who, Runnable code) {
		try {
			scheduler.schedule(() -> run(call, who, code));
			return true;
		}
		catch (Throwable ex) {
			// All of them hang, or the application is shutting down.
			failed(call, who, ex);
			return false;
		}
	}

	/**
	 * Ask code of the application.
	 * @param <T> the type of the answer
	 * @param call what it is
	 * @param who whose it is: a name, or an object whose class is named
	 * @param code the code
	 * @param otherwise the answer where it fails
	 * @return the answer
	 */
	public <T> T get(ApplicationCall call, Object who, Supplier<T> code, T otherwise) {
		try {
			return code.get();
		}
		catch (Throwable ex) {
			failed(call, who, ex);
			return otherwise;
		}
	}

	/**
	 * Ask code of the application for something that comes later.
	 * @param <T> the type of the answer
	 * @param code the code
	 * @return the answer; an error for whatever the code throws, also when it is
	 * subscribed, and for {@code null}. Whoever resumes from it says so with
	 * {@link #failed}
	 */
	public static <T> Mono<T> mono(Supplier<? extends @Nullable Mono<T>> code) {
		return new ContainedMono<>(code);
	}

	/**
	 * Fail with what the application has thrown. An operator that is given
	 * {@code Mono.error} calls it instead of subscribing to it, and lets what Reactor
	 * takes for fatal fly past whoever waits.
	 * @param <T> the type of the value that does not come
	 * @param ex what it threw or signalled
	 * @return the error
	 */
	public static <T> Mono<T> error(Throwable ex) {
		return mono(() -> Mono.error(ex));
	}

	/**
	 * Count a failure and have it logged.
	 * @param call what failed
	 * @param who whose it is: a name, or an object whose class is named
	 * @param ex what it threw or signalled
	 */
	public void failed(ApplicationCall call, Object who, Throwable ex) {
		try {
			add(call, who, "failed: " + ex.getClass().getName());
			logger.debug(call.description() + " failed", ex);
		}
		catch (Throwable again) {
			// No memory, no stack or no log: it has been counted.
		}
	}

	private void add(ApplicationCall call, Object who, String what) {
		this.failures.getOrDefault(call, new LongAdder()).increment();
		String whose = (who instanceof String name) ? name : who.getClass().getName();
		// Once for each call would be a flood of its own.
		this.log.add(call.description() + ", " + whose + ", " + what);
	}

	private void overdue(AwaitedCall call) {
		add(call.call(), call.who(), "has not returned for " + AwaitedCalls.PATIENCE.toSeconds() + "s");
		runOn(this.threads.relief(), call.call(), call.who(), call.overdue());
	}

	/**
	 * Return how often each kind of call has failed.
	 * @return the kinds that have, by their codes
	 */
	public Map<String, Long> failures() {
		Map<String, Long> counts = new LinkedHashMap<>();
		this.failures.forEach((call, count) -> {
			if (count.sum() > 0) {
				counts.put(call.code(), count.sum());
			}
		});
		return counts;
	}

	/**
	 * Write what has failed since the last line of the log.
	 */
	@Override
	public void close() {
		this.log.close();
	}

}
