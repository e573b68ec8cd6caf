package io.serverhardening.benchmarks;

import java.util.List;

import io.serverhardening.benchmarks.History.Cause;
import io.serverhardening.benchmarks.History.Message;
import io.serverhardening.benchmarks.History.Run;
import io.serverhardening.benchmarks.Ledger.Line;

/**
 * What ten kills have done to messages, as a Markdown table.
 */
final class KillsReport {

	private static final int TOLD = 5;

	private final History history;

	private final Sender sender;

	private final int sent;

	private int told;

	/**
	 * Create the report.
	 * @param history what has happened
	 * @param sender who has sent it
	 * @param sent how many messages
	 */
	KillsReport(History history, Sender sender, int sent) {
		this.history = history;
		this.sender = sender;
		this.sent = sent;
	}

	/**
	 * Print it.
	 * @return whether every message was handled and answered, and each that was handled
	 * again is explained
	 */
	boolean print() {
		System.out.println("| kill | of | at, s | in its hands | of them written | lost | answered from the record "
				+ "| handled again | of them written before the kill | unexplained |");
		System.out.println("|---|---|---|---|---|---|---|---|---|---|");
		Row all = new Row();
		long start = this.history.messages().get(0).runs().get(0).begun().millis();
		List<Line> kills = this.history.kills();
		for (int i = 0; i < kills.size(); i++) {
			Line kill = kills.get(i);
			int until = (i + 1 < kills.size()) ? kills.get(i + 1).number() : Integer.MAX_VALUE;
			Row row = row(kill, (i > 0) ? kill.number() : 0, until);
			all.add(row);
			System.out.println("| %d | %s | %.1f | %s".formatted(i + 1, kill.words().get(0),
					(kill.millis() - start) / 1000.0, row));
		}
		System.out.println("| all | | | " + all);
		int lost = 0;
		int unanswered = 0;
		int contradicted = 0;
		int alone = 0;
		for (int i = 0; i < this.sent; i++) {
			Message message = this.history.message("order-" + i);
			lost += message.isWritten() ? 0 : 1;
			unanswered += message.answers().isEmpty() ? 1 : 0;
			contradicted += (message.answers().size() > 1) ? 1 : 0;
			alone += (int) message.runs().stream().filter(Run::alone).count();
			if (!message.isWritten() || message.answers().size() != 1) {
				tell(message);
			}
		}
		System.out.println();
		System.out.println(("%d messages, %d lost, %d unanswered, %d with two answers; %d handled again, %d of them "
				+ "written before, %d unexplained; %d runs without the store; sent again %d times, %d answers to "
				+ "another message")
			.formatted(this.sent, lost, unanswered, contradicted, all.again, all.doubled, all.unexplained, alone,
					this.sender.retries(), this.sender.strangers()));
		return lost + unanswered + contradicted + all.unexplained + this.sender.strangers() == 0;
	}

	private Row row(Line kill, int since, int until) {
		Row row = new Row();
		for (Message message : this.history.messages()) {
			List<Run> runs = message.runs();
			for (int i = 0; i < runs.size(); i++) {
				Run run = runs.get(i);
				boolean last = i + 1 == runs.size();
				if (run.instance().equals(kill.words().get(0)) && !run.isAnsweredBefore(kill)) {
					row.hands++;
					row.written += run.isWritten() ? 1 : 0;
					row.lost += message.isWritten() ? 0 : 1;
					row.recorded += (last && run.isWritten()) ? 1 : 0;
					row.again += last ? 0 : 1;
					row.doubled += (!last && run.isWritten()) ? 1 : 0;
				}
				if (!last && this.history.cause(run, runs.get(i + 1)) != Cause.KILLED
						&& isBetween(since, runs.get(i + 1).begun(), until)) {
					row.unexplained++;
					tell(message);
				}
			}
		}
		return row;
	}

	private static boolean isBetween(int since, Line line, int until) {
		return since <= line.number() && line.number() < until;
	}

	private void tell(Message message) {
		if (this.told++ < TOLD) {
			this.history.tell(message.id());
		}
	}

	/**
	 * Figures of a kill.
	 */
	private static final class Row {

		private int hands;

		private int written;

		private int lost;

		private int recorded;

		private int again;

		private int doubled;

		private int unexplained;

		private void add(Row other) {
			this.hands += other.hands;
			this.written += other.written;
			this.lost += other.lost;
			this.recorded += other.recorded;
			this.again += other.again;
			this.doubled += other.doubled;
			this.unexplained += other.unexplained;
		}

		@Override
		public String toString() {
			return "%d | %d | %d | %d | %d | %d | %d |".formatted(this.hands, this.written, this.lost, this.recorded,
					this.again, this.doubled, this.unexplained);
		}

	}

}
