package io.serverhardening.route;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import java.util.stream.Collectors;

import io.serverhardening.Rejection;
import io.serverhardening.Rejection.Outcome;
import io.serverhardening.RejectionListener;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;
import reactor.core.scheduler.Scheduler;

import org.springframework.web.server.ServerWebExchange;

/**
 * Logs refusals, one line a second at most however many there are: who would flood the
 * server must not flood the log. A line names guard, route, count and the property to
 * change.
 */
public final class RejectionLog implements RejectionListener, AutoCloseable {

	private static final Duration PERIOD = Duration.ofSeconds(1);

	/** What one line lists; the rest is summed up. */
	private static final int MAX_LISTED = 5;

	/** Guards times routes times reasons is small; a guard that invents names is not. */
	private static final int MAX_KINDS = 1000;

	private final Map<Kind, AtomicLong> counts = new ConcurrentHashMap<>();

	private final AtomicLong others = new AtomicLong();

	private final AtomicBoolean scheduled = new AtomicBoolean();

	private final Scheduler scheduler;

	private final Consumer<String> lines;

	/**
	 * Create the log.
	 * @param scheduler writes the lines, off the event loops
	 */
	public RejectionLog(Scheduler scheduler) {
		this(scheduler, lines(LogFactory.getLog(RejectionLog.class)));
	}

	RejectionLog(Scheduler scheduler, Consumer<String> lines) {
		this.scheduler = scheduler;
		this.lines = lines;
	}

	private static Consumer<String> lines(Log logger) {
		return logger::warn;
	}

	@Override
	public void onRejection(ServerWebExchange exchange, Rejection rejection, Outcome outcome) {
		count(rejection, outcome).incrementAndGet();
		if (this.scheduled.compareAndSet(false, true)) {
			this.scheduler.schedule(this::writeLine, PERIOD.toMillis(), TimeUnit.MILLISECONDS);
		}
	}

	private AtomicLong count(Rejection rejection, Outcome outcome) {
		Kind kind = new Kind(rejection.guard(), rejection.route(), rejection.reason().code(), rejection.property(),
				outcome);
		AtomicLong count = this.counts.get(kind);
		if (count != null) {
			return count;
		}
		return (this.counts.size() < MAX_KINDS) ? this.counts.computeIfAbsent(kind, (key) -> new AtomicLong())
				: this.others;
	}

	private void writeLine() {
		this.scheduled.set(false);
		List<String> parts = new ArrayList<>();
		add(parts, "Refused", Outcome.REFUSED);
		add(parts, "Would have refused (mode: observe)", Outcome.OBSERVED);
		long uncounted = this.others.getAndSet(0);
		if (uncounted > 0) {
			parts.add(uncounted + " of kinds too many to tell apart");
		}
		if (!parts.isEmpty()) {
			this.lines.accept(String.join("; ", parts));
		}
	}

	private void add(List<String> parts, String verb, Outcome outcome) {
		List<Counted> counted = new ArrayList<>();
		this.counts.forEach((kind, count) -> {
			if (kind.outcome() == outcome) {
				counted.add(new Counted(kind, count.getAndSet(0)));
			}
		});
		counted.removeIf((entry) -> entry.count() == 0);
		if (!counted.isEmpty()) {
			counted.sort(Comparator.comparingLong(Counted::count).reversed().thenComparing(Counted::toString));
			long total = counted.stream().mapToLong(Counted::count).sum();
			String listed = counted.stream().limit(MAX_LISTED).map(Counted::toString).collect(Collectors.joining(", "));
			String more = (counted.size() > MAX_LISTED) ? ", and " + (counted.size() - MAX_LISTED) + " more kinds" : "";
			parts.add(verb + " " + total + ((total == 1) ? " request: " : " requests: ") + listed + more);
		}
	}

	/**
	 * Write what has been counted since the last line.
	 */
	@Override
	public void close() {
		writeLine();
	}

	/**
	 * What refusals have in common that share an entry.
	 *
	 * @param guard the guard
	 * @param route the route
	 * @param reason the reason's code
	 * @param property the property to change
	 * @param outcome whether they were carried out
	 */
	private record Kind(String guard, String route, String reason, @Nullable String property, Outcome outcome) {

	}

	/**
	 * How many refusals of a kind there were.
	 *
	 * @param kind the kind
	 * @param count how many
	 */
	private record Counted(Kind kind, long count) {

		@Override
		public String toString() {
			String property = (this.kind.property() != null) ? ", see " + this.kind.property() : "";
			return this.count + " by " + this.kind.guard() + " on route " + this.kind.route() + " ("
					+ this.kind.reason() + property + ")";
		}

	}

}
