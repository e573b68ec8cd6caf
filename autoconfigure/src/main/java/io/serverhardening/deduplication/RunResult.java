package io.serverhardening.deduplication;

import org.jspecify.annotations.Nullable;

/**
 * What the attempt that started a handler learns of it.
 *
 * @param kind what
 * @param error what the handler signalled, for {@link Kind#FAILED} only
 */
record RunResult(Kind kind, @Nullable Throwable error) {

	static final RunResult ANSWERED = new RunResult(Kind.ANSWERED, null);

	static final RunResult TIMED_OUT = new RunResult(Kind.TIMED_OUT, null);

	static final RunResult LATE = new RunResult(Kind.LATE, null);

	static final RunResult LOST = new RunResult(Kind.LOST, null);

	/**
	 * What there is to learn.
	 */
	enum Kind {

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
