package io.serverhardening.sample.simulator;

import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.BiFunction;

import io.serverhardening.sample.simulator.PushWriter.Seen;

/**
 * What became of the messages, by their kind.
 */
final class Outcomes {

	private final Map<String, Kind> kinds = new TreeMap<>();

	synchronized void sent(String kind) {
		of(kind).copies++;
	}

	synchronized void mended(String kind) {
		of(kind).mended++;
	}

	synchronized void ended(String kind, Seen seen, long millis) {
		Kind of = of(kind);
		of.messages++;
		of.seen.merge(seen, 1, Integer::sum);
		of.millis.add(millis);
	}

	private Kind of(String kind) {
		return this.kinds.computeIfAbsent(kind, (name) -> new Kind());
	}

	synchronized int messages() {
		return this.kinds.values().stream().mapToInt((kind) -> kind.messages).sum();
	}

	synchronized int errors() {
		return this.kinds.values().stream().mapToInt((kind) -> kind.seen.getOrDefault(Seen.ERROR, 0)).sum();
	}

	synchronized String table(BiFunction<String, Integer, String> handled) {
		StringBuilder table = new StringBuilder(
				"| kind | messages | copies sent | saw a reply | saw nothing | saw an error "
						+ "| mended by a retry | handled once | more than once | never | p50 ms | p99 ms | max ms |\n"
						+ "|---|---|---|---|---|---|---|---|---|---|---|---|---|\n");
		this.kinds.forEach((name, kind) -> {
			List<Long> sorted = new ArrayList<>(kind.millis);
			sorted.sort(null);
			table.append(String.format(Locale.ROOT, "| %s | %d | %d | %d | %d | %d | %d | %s | %d | %d | %d |%n", name,
					kind.messages, kind.copies, kind.seen.getOrDefault(Seen.REPLY, 0),
					kind.seen.getOrDefault(Seen.NOTHING, 0), kind.seen.getOrDefault(Seen.ERROR, 0), kind.mended,
					handled.apply(name, kind.messages), percentile(sorted, 50), percentile(sorted, 99),
					percentile(sorted, 100)));
		});
		return table.toString();
	}

	private static long percentile(List<Long> sorted, int percent) {
		return sorted.isEmpty() ? 0 : sorted.get(Math.min(sorted.size() - 1, sorted.size() * percent / 100));
	}

	/**
	 * One kind.
	 */
	private static final class Kind {

		private int messages;

		private int copies;

		private int mended;

		private final Map<Seen, Integer> seen = new EnumMap<>(Seen.class);

		private final List<Long> millis = new ArrayList<>();

	}

}
