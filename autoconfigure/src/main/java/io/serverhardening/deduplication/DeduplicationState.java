package io.serverhardening.deduplication;

import java.util.List;
import java.util.Map;
import java.util.function.LongSupplier;

import io.serverhardening.deduplication.access.Records;
import io.serverhardening.deduplication.access.RecordsPolicy;
import io.serverhardening.deduplication.run.BodyBudget;
import io.serverhardening.deduplication.run.RunningMessage;
import io.serverhardening.deduplication.run.Runs;
import reactor.core.scheduler.Scheduler;

/**
 * What a route's guard has to keep when it is made anew.
 */
public final class DeduplicationState {

	private final Records records;

	private final Waiters waiters;

	private final Runs runs;

	private final DeduplicationActivity activity = new DeduplicationActivity();

	/**
	 * Create the state of a route.
	 * @param records the records of its messages
	 * @param maxRuns how many handlers may run at once
	 * @param budget what they may keep
	 * @param scheduler looks after those that run, and those that wait
	 * @param time the clock, nanoseconds
	 */
	public DeduplicationState(Records records, int maxRuns, BodyBudget budget, Scheduler scheduler, LongSupplier time) {
		this.records = records;
		this.waiters = new Waiters(budget, scheduler);
		// By way of this: whoever still has a message to settle keeps all of the state.
		records.onSettled((key) -> waiters().wake(key));
		this.runs = new Runs(maxRuns, budget, scheduler, time);
	}

	/**
	 * Take another policy.
	 * @param maxRuns how many handlers may run at once from now on
	 * @param policy how the records are reached from now on
	 */
	public void apply(int maxRuns, RecordsPolicy policy) {
		this.runs.apply(maxRuns);
		this.records.apply(policy);
	}

	/**
	 * Leave the store alone, but for what is still to be written to it.
	 */
	public void close() {
		this.records.close();
	}

	/**
	 * Whether handlers run, copies wait, or messages are remembered in this process.
	 * @return {@code false} if there is nothing that would be lost
	 */
	public boolean isBusy() {
		return running() > 0 || waiting() > 0 || this.records.local().sweep() > 0;
	}

	/**
	 * Return how the records are reached.
	 * @return the records
	 */
	public Records records() {
		return this.records;
	}

	/**
	 * Return what has happened to messages.
	 * @return the counts
	 */
	public DeduplicationActivity activity() {
		return this.activity;
	}

	/**
	 * Return how many handlers are running.
	 * @return how many, also of those for which nobody waits any more
	 */
	public int running() {
		return this.runs.count();
	}

	/**
	 * Return the messages that have been running for longest.
	 * @param max how many at most
	 * @return the runs, the oldest first
	 */
	public List<RunningMessage> longest(int max) {
		return this.runs.longest(max);
	}

	/**
	 * Return messages that copies wait for.
	 * @param max how many at most
	 * @return how many wait, by what the message is known by
	 */
	public Map<String, Integer> awaited(int max) {
		return this.waiters.awaited(max);
	}

	/**
	 * Say whether further handlers may begin.
	 * @param accepting {@code false} once the server is being shut down
	 */
	public void accept(boolean accepting) {
		this.runs.accept(accepting);
	}

	/**
	 * Return how many copies wait.
	 * @return how many
	 */
	public int waiting() {
		return this.waiters.count();
	}

	/**
	 * Return what messages may keep in memory, on all routes together.
	 * @return the budget
	 */
	public BodyBudget budget() {
		return this.runs.budget();
	}

	Waiters waiters() {
		return this.waiters;
	}

	Runs runs() {
		return this.runs;
	}

}
