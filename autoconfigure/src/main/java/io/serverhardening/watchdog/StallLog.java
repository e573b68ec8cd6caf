package io.serverhardening.watchdog;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import java.util.stream.Collectors;

/**
 * Tells the log which event loops are blocked, and which go on: all of them in one line,
 * at most once a second. Under the lock of {@link StallWatch} only.
 */
final class StallLog {

	private static final Duration BETWEEN_LINES = Duration.ofSeconds(1);

	private static final int MAX_LISTED = 5;

	private final Consumer<String> lines;

	// As many as there are loops, twice: each is said once when it is blocked and once
	// when it goes on.
	private final List<Stall> unsaid = new ArrayList<>();

	private long saidAt;

	/**
	 * Create the log.
	 * @param lines takes the lines
	 * @param now the time, nanoseconds
	 */
	StallLog(Consumer<String> lines, long now) {
		this.lines = lines;
		this.saidAt = now - BETWEEN_LINES.toNanos();
	}

	/**
	 * Have something said with the next line.
	 * @param stall what has happened
	 */
	void add(Stall stall) {
		this.unsaid.add(stall);
	}

	/**
	 * Say what there is, if it is time.
	 * @param now the time
	 */
	void say(long now) {
		if (!this.unsaid.isEmpty() && now - this.saidAt >= BETWEEN_LINES.toNanos()) {
			this.saidAt = now;
			String line = line(this.unsaid);
			// First: where the log hangs and takes no more, they would pile up here.
			this.unsaid.clear();
			this.lines.accept(line);
		}
	}

	private static String line(List<Stall> stalls) {
		String blocked = part("Event loops are blocked, and every connection on them waits: ",
				stalls.stream().filter((stall) -> !stall.over()).toList());
		String over = part("Event loops are no longer blocked: ", stalls.stream().filter(Stall::over).toList());
		return blocked + ((blocked.isEmpty() || over.isEmpty()) ? "" : ". ") + over;
	}

	private static String part(String verb, List<Stall> stalls) {
		if (stalls.isEmpty()) {
			return "";
		}
		String listed = stalls.stream().limit(MAX_LISTED).map(Stall::toString).collect(Collectors.joining("; "));
		String more = (stalls.size() > MAX_LISTED) ? "; and " + (stalls.size() - MAX_LISTED) + " more" : "";
		return verb + listed + more;
	}

}
