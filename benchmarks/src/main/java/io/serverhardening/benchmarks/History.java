package io.serverhardening.benchmarks;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;

import io.serverhardening.benchmarks.Ledger.Line;
import org.jspecify.annotations.Nullable;

/**
 * What a ledger tells of its messages, and why each that was handled again was.
 */
final class History {

	/** Who dies where it is not an instance. */
	static final String PRIMARY = "primary";

	/** How far a replica may be behind its primary. */
	private static final long LAG_MILLIS = 1000;

	private final Map<String, Message> messages = new LinkedHashMap<>();

	private final List<Line> kills = new ArrayList<>();

	private final List<Line> lines;

	/**
	 * Understand a ledger.
	 * @param lines its lines
	 */
	History(List<Line> lines) {
		this.lines = lines;
		for (Line line : lines) {
			if (line.kind().equals(Ledger.KILL)) {
				this.kills.add(line);
			}
			else {
				Message message = this.messages.computeIfAbsent(line.words().get(0), Message::new);
				message.take(line);
			}
		}
	}

	/**
	 * Find a message.
	 * @param id its id
	 * @return what has become of it, if only that it was sent
	 */
	Message message(String id) {
		return this.messages.getOrDefault(id, new Message(id));
	}

	List<Message> messages() {
		return List.copyOf(this.messages.values());
	}

	List<Line> kills() {
		return this.kills;
	}

	/**
	 * Say why a message was handled again.
	 * @param before the run before
	 * @param again the run
	 * @return why
	 */
	Cause cause(Run before, Run again) {
		if (isDead(before.instance(), again.begun())) {
			return before.isAnswered() ? Cause.UNEXPLAINED : Cause.KILLED;
		}
		if (before.instance().equals(again.instance())) {
			return Cause.UNEXPLAINED;
		}
		if (before.alone() || again.alone()) {
			return Cause.ALONE;
		}
		Line kill = primaryKilledBefore(again.begun());
		if (kill == null || before.lastMillis() < kill.millis() - LAG_MILLIS) {
			return Cause.UNEXPLAINED;
		}
		return (again.attempt() == 1) ? Cause.CLAIM_LOST : Cause.ANSWER_LOST;
	}

	private boolean isDead(String instance, Line at) {
		return this.kills.stream()
			.anyMatch((kill) -> kill.words().get(0).equals(instance) && kill.number() < at.number());
	}

	private @Nullable Line primaryKilledBefore(Line at) {
		return this.kills.stream()
			.filter((kill) -> kill.words().get(0).equals(PRIMARY) && kill.number() < at.number())
			.findFirst()
			.orElse(null);
	}

	/**
	 * Print all that is known of a message.
	 * @param id its id
	 */
	void tell(String id) {
		this.lines.stream()
			.filter((line) -> line.kind().equals(Ledger.KILL) || line.words().get(0).equals(id))
			.forEach((line) -> System.err.println(
					line.number() + " " + line.millis() + " " + line.kind() + " " + String.join(" ", line.words())));
	}

	/**
	 * Why a message was handled again.
	 */
	enum Cause {

		/** Its instance was killed before anybody had its answer. */
		KILLED,

		/** One of the two instances was without the store. */
		ALONE,

		/** The primary died before its replica knew of the claim. */
		CLAIM_LOST,

		/** The claim was known, its answer was not, and its lease was over. */
		ANSWER_LOST,

		/** None of these. */
		UNEXPLAINED

	}

	/**
	 * What has become of a message.
	 */
	static final class Message {

		private final String id;

		private final Map<String, Run> runs = new LinkedHashMap<>();

		private final Set<String> answers = new LinkedHashSet<>();

		Message(String id) {
			this.id = id;
		}

		private void take(Line line) {
			String run = line.words().get(1);
			switch (line.kind()) {
				case Ledger.BEGUN -> this.runs.put(run, new Run(line));
				case Ledger.WRITTEN -> run(run).written = line;
				case Ledger.ANSWERED -> {
					this.answers.add(run);
					Run known = this.runs.get(run);
					if (known != null && known.answered == null) {
						known.answered = line;
					}
				}
				default -> throw new IllegalStateException(line.kind());
			}
		}

		private Run run(String name) {
			return Objects.requireNonNull(this.runs.get(name), name);
		}

		String id() {
			return this.id;
		}

		/**
		 * Return the runs of its handler.
		 * @return the runs in the order in which they began
		 */
		List<Run> runs() {
			return List.copyOf(this.runs.values());
		}

		boolean isWritten() {
			return this.runs.values().stream().anyMatch(Run::isWritten);
		}

		/**
		 * Return the runs whose answers senders got.
		 * @return their names: more than one is two answers
		 */
		Set<String> answers() {
			return this.answers;
		}

	}

	/**
	 * A run of a handler.
	 */
	static final class Run {

		private final Line begun;

		private @Nullable Line written;

		private @Nullable Line answered;

		Run(Line begun) {
			this.begun = begun;
		}

		Line begun() {
			return this.begun;
		}

		String instance() {
			return this.begun.words().get(2);
		}

		boolean alone() {
			return this.begun.words().get(3).equals(Ledger.ALONE);
		}

		int attempt() {
			return Integer.parseInt(this.begun.words().get(4));
		}

		boolean isWritten() {
			return this.written != null;
		}

		boolean isAnswered() {
			return this.answered != null;
		}

		boolean isAnsweredBefore(Line line) {
			return this.answered != null && this.answered.number() < line.number();
		}

		private long lastMillis() {
			Line last = (this.answered != null) ? this.answered : (this.written != null) ? this.written : this.begun;
			return last.millis();
		}

	}

}
