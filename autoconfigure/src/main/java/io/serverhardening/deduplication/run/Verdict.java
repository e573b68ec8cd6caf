package io.serverhardening.deduplication.run;

import io.serverhardening.deduplication.answer.RecordedResponse;
import io.serverhardening.deduplication.record.RecordState;
import io.serverhardening.deduplication.record.Settlement;

/**
 * What the record of a message says of the answer that its handler gave.
 */
final class Verdict {

	private Verdict() {
	}

	/**
	 * Judge an answer.
	 * @param response the answer, of which status and headers are there at least
	 * @return the settlement: copies get the answer, or the next one is handled
	 * @throws RuntimeException if it cannot be kept
	 */
	static Settlement of(RecordedResponse response) {
		int status = response.status();
		if (isPassing(status)) {
			return Settlement.RELEASED;
		}
		return (status >= 500) ? Settlement.FAILED : Settlement.completed(response.answer());
	}

	// The application has declined to handle it, for now or for this caller: to repeat
	// "again later", or "as somebody else", for hours would be a lie.
	private static boolean isPassing(int status) {
		return switch (status) {
			case 401, 403, 407, 408, 423, 425, 429 -> true;
			default -> false;
		};
	}

	/**
	 * Whether the work has been done.
	 * @param settlement the settlement
	 * @return {@code true} if copies get the answer
	 */
	static boolean isDone(Settlement settlement) {
		return settlement.state() == RecordState.COMPLETED;
	}

}
