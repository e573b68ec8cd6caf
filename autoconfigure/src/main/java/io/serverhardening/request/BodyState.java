package io.serverhardening.request;

/**
 * How far one request and its answer have come, and what of either may be passed on. It
 * knows nothing of channels, and no clock.
 * <p>
 * It holds three rules. A request has one answer at the most. A handler never sees the
 * end of a body that was refused, and so never takes a part of it for the whole. And
 * where the client may still be sending a body that nobody will read, the answer says
 * that the connection ends with it: nobody could tell the rest from a next request.
 */
final class BodyState {

	private boolean ended = true;

	private long declared = -1;

	private long received;

	private boolean awaitsContinue;

	private boolean observed;

	private boolean refused;

	private boolean answeredHere;

	private Answer answer = Answer.NONE;

	/**
	 * A request begins.
	 * @param bytes what has come of its body with the head
	 * @param ended whether that was all
	 */
	void begin(long bytes, boolean ended) {
		this.ended = ended;
		this.declared = -1;
		this.received = bytes;
		this.awaitsContinue = false;
		this.observed = false;
		this.refused = false;
		this.answeredHere = false;
		this.answer = Answer.NONE;
	}

	/**
	 * A body was announced.
	 * @param declared how many bytes, negative if that is not known
	 * @param awaitsContinue whether the client may wait for a 100 before it sends any
	 */
	void announced(long declared, boolean awaitsContinue) {
		this.declared = declared;
		this.awaitsContinue = awaitsContinue;
	}

	/**
	 * A part of the body has come.
	 * @param bytes how many
	 * @param last whether it ends the body
	 * @param max how many the body may have in all
	 * @param enforced whether one that has more is refused
	 * @return what to do with the part
	 */
	Arrival arrived(long bytes, boolean last, long max, boolean enforced) {
		this.ended |= last;
		if (this.refused) {
			return Arrival.DROP;
		}
		this.received += bytes;
		// What comes after the answer is thrown away by the server, as it comes.
		if (this.received <= max || this.observed || this.answer == Answer.DONE) {
			return Arrival.PASS;
		}
		exceed(enforced);
		return enforced ? Arrival.REFUSE : Arrival.OBSERVE;
	}

	/**
	 * The end of the body has come, without bytes.
	 * @return whether to pass it on
	 */
	boolean end() {
		this.ended = true;
		return !this.refused;
	}

	/**
	 * Whether the body is, or will be, larger than it may.
	 * @param max how many bytes it may have
	 * @return {@code true} if it has come to more or has announced more
	 */
	boolean exceeds(long max) {
		return this.declared > max || this.received > max;
	}

	/**
	 * The request breaks a limit, whichever. The first time counts.
	 * @param enforced whether it is refused for it
	 */
	void exceed(boolean enforced) {
		this.refused |= enforced;
		this.observed |= !enforced;
	}

	/**
	 * A response that is not the final one is being written, such as 100 (Continue).
	 * @return {@code false} if it comes too late: a handler on another thread may ask for
	 * the body in the moment in which the request is refused
	 */
	boolean informed() {
		this.awaitsContinue = false;
		return this.answer == Answer.NONE;
	}

	/**
	 * The head of the final response is being written.
	 * @return whether it has to say that the connection ends with it
	 */
	boolean answerBegun() {
		this.answer = Answer.BEGUN;
		// A client that was not asked for the body may send it or a next request: nobody
		// could tell which (RFC 9110, 10.1.1).
		return this.refused || (this.awaitsContinue && !this.ended && this.received == 0);
	}

	/**
	 * The last of the final response is being written.
	 * @return whether the client is to be told not to send the rest
	 */
	boolean answered() {
		this.answer = Answer.DONE;
		return this.refused && !this.ended;
	}

	/**
	 * An answer has been written here, past the server: none may follow from there.
	 */
	void answeredHere() {
		this.refused = true;
		this.answeredHere = true;
		this.answer = Answer.DONE;
	}

	boolean isAnsweredHere() {
		return this.answeredHere;
	}

	/**
	 * Whether nothing is left to look at: the whole body has come and nobody minds.
	 * @return {@code true} for nearly every request by the time it is answered
	 */
	boolean isSettled() {
		return this.ended && !this.refused;
	}

	boolean isEnded() {
		return this.ended;
	}

	boolean isRefused() {
		return this.refused;
	}

	boolean isObserved() {
		return this.observed;
	}

	Answer answer() {
		return this.answer;
	}

	long declared() {
		return this.declared;
	}

	/**
	 * What to do with a part of a body.
	 */
	enum Arrival {

		/** Hand it on. */
		PASS,

		/** Hand it on, and count that it is too much. */
		OBSERVE,

		/** Throw it away, and refuse the request. */
		REFUSE,

		/** Throw it away: the request has been refused. */
		DROP

	}

	/**
	 * How far the final response is.
	 */
	enum Answer {

		/** Nothing of it has been written. */
		NONE,

		/** Its head has been written. */
		BEGUN,

		/** All of it has been written. */
		DONE

	}

}
