package io.serverhardening.deduplication.run;

import org.jspecify.annotations.Nullable;

/**
 * What the attempt that started a handler learns of it.
 *
 * @param kind what
 * @param error what the handler signalled, for {@link Kind#FAILED} only
 */
public record RunResult(Kind kind, @Nullable Throwable error) {

	/** There is an answer. */
	static final RunResult ANSWERED = new RunResult(Kind.ANSWERED, null);

	/** It was stopped after run-timeout. */
	static final RunResult TIMED_OUT = new RunResult(Kind.TIMED_OUT, null);

	/** There is no time left to wait for it. */
	public static final RunResult LATE = new RunResult(Kind.LATE, null);

	/** Another instance is at it. */
	static final RunResult LOST = new RunResult(Kind.LOST, null);

	/**
	 * What there is to learn.
	 */
	public enum Kind {

		/** There is an answer, or the beginning of one that is too long to keep. */
		ANSWERED,

		/** The handler signalled an error. */
		FAILED,

		/** The handler is still at it, and there is no time left to wait for it. */
		LATE,

		/** The handler was stopped after run-timeout. */
		TIMED_OUT,

		/** The handler was stopped because another instance is at it. */
		LOST

	}

}
