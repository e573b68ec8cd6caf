package io.serverhardening.deduplication;

import io.serverhardening.deduplication.run.RunListener;
import io.serverhardening.deduplication.run.RunResult;
import io.serverhardening.internal.AggregatedLog;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;

/**
 * Counts what becomes of runs, and logs what nobody else would hear of.
 */
final class RunLog implements RunListener {

	private static final Log logger = LogFactory.getLog(RunLog.class);

	private static final String UNHEARD = "A handler failed when no client waited for its answer any more";

	private static final String TAKEN_OVER = "A handler was stopped because another instance has its message";

	private static final String TOOK_TOO_LONG = "A handler was stopped because it took longer than run-timeout";

	private final String property;

	private final DeduplicationActivity activity;

	private final AggregatedLog<String> problems;

	/**
	 * Create the log of a route.
	 * @param property where the route's deduplication is configured
	 * @param activity counts
	 * @param problems what went wrong when nobody waited
	 */
	RunLog(String property, DeduplicationActivity activity, AggregatedLog<String> problems) {
		this.property = property;
		this.activity = activity;
		this.problems = problems;
	}

	@Override
	public void completed() {
		this.activity.count(DeduplicationEvent.COMPLETED);
	}

	@Override
	public void failed(String id) {
		this.activity.incident(DeduplicationEvent.FAILED, id);
	}

	@Override
	public void failedUnheard(String id, Throwable error) {
		this.problems.add(UNHEARD + ": " + error.getClass().getName() + ", see " + this.property, message(id));
		logger.debug(UNHEARD, error);
	}

	@Override
	public void stale(String id) {
		this.activity.incident(DeduplicationEvent.STALE, id);
	}

	@Override
	public void stopped(String id, RunResult.Kind why) {
		boolean lost = why == RunResult.Kind.LOST;
		this.activity.incident(lost ? DeduplicationEvent.LOST : DeduplicationEvent.TIMED_OUT, id);
		String see = this.property + (lost ? ".lease" : ".run-timeout");
		this.problems.add((lost ? TAKEN_OVER : TOOK_TOO_LONG) + ", see " + see, message(id));
	}

	private static String message(String id) {
		return "message " + id;
	}

}
