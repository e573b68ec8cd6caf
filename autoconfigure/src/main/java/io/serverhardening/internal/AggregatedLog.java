package io.serverhardening.internal;

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
import java.util.function.Function;
import java.util.stream.Collectors;

import org.jspecify.annotations.Nullable;
import reactor.core.scheduler.Scheduler;

/**
 * Counts events by kind and writes one line a second at most, however many there are: who
 * floods the server must not flood the log.
 *
 * @param <K> what tells kinds of events apart; its equality bounds how many there are
 */
public final class AggregatedLog<K> implements AutoCloseable {

	private static final Duration PERIOD = Duration.ofSeconds(1);

	/**
	 * Kinds are few; one that takes its name from a stranger is not, and routes come and
	 * go. Whenever there are as many, all make room once they are in a line.
	 */
	private static final int MAX_KINDS = 1000;

	private final Map<K, Tally> counts = new ConcurrentHashMap<>();

	private final AtomicLong others = new AtomicLong();

	private final AtomicBoolean scheduled = new AtomicBoolean();

	private final Scheduler scheduler;

	private final Function<List<Counted<K>>, String> format;

	private final Consumer<String> lines;

	/**
	 * Create the log.
	 * @param scheduler writes the lines, off the event loops
	 * @param format makes a line of what was counted, most frequent first, empty for none
	 * @param lines takes the lines
	 */
	public AggregatedLog(Scheduler scheduler, Function<List<Counted<K>>, String> format, Consumer<String> lines) {
		this.scheduler = scheduler;
		this.format = format;
		this.lines = lines;
	}

	/**
	 * Create a log of things that went wrong, each with how often.
	 * @param scheduler writes the lines, off the event loops
	 * @param lines takes the lines
	 * @return the log
	 */
	public static AggregatedLog<String> ofFailures(Scheduler scheduler, Consumer<String> lines) {
		return new AggregatedLog<>(scheduler,
				(counted) -> counted.stream()
					.map((entry) -> entry.kind() + " (" + entry.times() + entry.suchAs() + ")")
					.collect(Collectors.joining("; ")),
				lines);
	}

	/**
	 * Count an event. Never fails: an event that cannot be logged now is in the line of
	 * the next one that can.
	 * @param kind its kind
	 */
	public void add(K kind) {
		add(kind, null);
	}

	/**
	 * Count an event, and name one of them.
	 * @param kind its kind
	 * @param example what it was about, {@code null} for nothing that has a name
	 */
	public void add(K kind, @Nullable String example) {
		AtomicLong count = count(kind, example);
		while (count.incrementAndGet() <= 0) {
			// It is making room for others.
			this.counts.remove(kind, count);
			count = count(kind, example);
		}
		if (this.scheduled.compareAndSet(false, true)) {
			try {
				this.scheduler.schedule(this::writeLine, PERIOD.toMillis(), TimeUnit.MILLISECONDS);
			}
			catch (Throwable ex) {
				// Full or disposed, or no thread could be started.
				this.scheduled.set(false);
			}
		}
	}

	private AtomicLong count(K kind, @Nullable String example) {
		Tally count = this.counts.get(kind);
		if (count == null) {
			if (this.counts.size() >= MAX_KINDS) {
				return this.others;
			}
			count = this.counts.computeIfAbsent(kind, (key) -> new Tally());
		}
		if (example != null) {
			count.example = example;
		}
		return count;
	}

	private void writeLine() {
		// First, and whatever becomes of this line: the log must not fall silent for it.
		this.scheduled.set(false);
		List<Counted<K>> counted = new ArrayList<>();
		this.counts.forEach((kind, count) -> counted.add(count.taken(kind)));
		counted.removeIf((entry) -> entry.count() <= 0);
		counted.sort(Comparator.<Counted<K>>comparingLong(Counted::count)
			.reversed()
			.thenComparing((entry) -> entry.kind().toString()));
		if (this.counts.size() >= MAX_KINDS) {
			this.counts.forEach((kind, count) -> {
				if (count.compareAndSet(0, Tally.GONE)) {
					this.counts.remove(kind, count);
				}
			});
		}
		String line = this.format.apply(counted);
		long uncounted = this.others.getAndSet(0);
		if (uncounted > 0) {
			line += (line.isEmpty() ? "" : "; ") + uncounted + " more of too many kinds to list";
		}
		if (!line.isEmpty()) {
			this.lines.accept(line);
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
	 * How many events of a kind there were.
	 *
	 * @param <K> the type of the kind
	 * @param kind the kind
	 * @param count how many
	 * @param example what the last of them was about, {@code null} where that has no name
	 */
	public record Counted<K>(K kind, long count, @Nullable String example) {

		/**
		 * Return how often there was one.
		 * @return the count and its noun
		 */
		public String times() {
			return this.count + ((this.count == 1) ? " time" : " times");
		}

		/**
		 * Return how an example is given.
		 * @return what goes behind the count, empty where there is none
		 */
		public String suchAs() {
			return (this.example != null) ? ", such as " + this.example : "";
		}

	}

	/**
	 * How many events of a kind there were since the last line.
	 */
	private static final class Tally extends AtomicLong {

		private static final long serialVersionUID = 1L;

		/** It has made room: far below what is counted on top of it. */
		private static final long GONE = Long.MIN_VALUE;

		private volatile @Nullable String example;

		private <K> Counted<K> taken(K kind) {
			Counted<K> counted = new Counted<>(kind, getAndUpdate((count) -> Math.min(count, 0)), this.example);
			this.example = null;
			return counted;
		}

	}

}
