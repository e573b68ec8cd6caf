package io.serverhardening.deduplication.record;

import org.jspecify.annotations.Nullable;

/**
 * How a run of a handler has ended.
 *
 * @param state {@link RecordState#COMPLETED}, {@link RecordState#FAILED} or
 * {@link RecordState#DEAD}
 * @param answer what copies will be answered, {@code null} where it failed
 * @param counted whether there was a run at all
 */
public record Settlement(RecordState state, @Nullable Answer answer, boolean counted) {

	/** The handler failed; the next copy is handled. */
	public static final Settlement FAILED = new Settlement(RecordState.FAILED, null, true);

	/** The claim is given back: nothing ran, and the next copy is handled. */
	public static final Settlement RELEASED = new Settlement(RecordState.FAILED, null, false);

	/** The handler failed, and is not to be run again. */
	public static final Settlement DEAD = new Settlement(RecordState.DEAD, null, true);

	/**
	 * Return the settlement of a handler that has answered.
	 * @param answer its answer
	 * @return the settlement
	 */
	public static Settlement completed(Answer answer) {
		return new Settlement(RecordState.COMPLETED, answer, true);
	}

}
