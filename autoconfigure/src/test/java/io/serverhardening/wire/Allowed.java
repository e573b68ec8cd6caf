package io.serverhardening.wire;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;

import io.serverhardening.testing.line.BootLine;
import io.serverhardening.wire.Message.Framing;

/**
 * The answers that a request may get: what the contract says of it, as data.
 */
final class Allowed {

	/** The limits of bodies by route. */
	private static final Map<String, Integer> LIMITS = Map.of("small", 1024, "large", 32 * 1024);

	/** What may come of a route besides what its handler does. */
	private static final Map<String, List<Integer>> REFUSALS = Map.of("rated", List.of(429), "narrow", List.of(503),
			"broken", List.of(503));

	private Allowed() {
	}

	private static final Answer CUT = new Answer(0, true, true, Close.MUST);

	static boolean mayBeCut(Message message) {
		return of(message).contains(CUT);
	}

	static List<Answer> of(Message message) {
		List<Answer> answers = new ArrayList<>();
		if (message.is(Trait.BAD_LINE) || message.is(Trait.TWO_LENGTHS) || message.is(Trait.BAD_VERSION)
				|| (message.is(Trait.HTTP_1_0) && message.framing() == Framing.CHUNKED)) {
			answers.add(new Answer(400, false, false, Close.MUST));
			return answers;
		}
		if (message.is(Trait.LARGE_HEAD)) {
			answers.add(new Answer(431, false, false, Close.MUST));
			return answers;
		}
		Close close = close(message);
		boolean announced = message.framing() == Framing.COUNTED;
		boolean over = message.hasBody()
				&& message.announced() > LIMITS.getOrDefault(message.route(), Integer.MAX_VALUE);
		boolean readsAll = readsAll(message);
		for (int status : REFUSALS.getOrDefault(message.route(), List.of())) {
			answers.add(new Answer(status, true, false, close));
		}
		if (over) {
			answers.add(new Answer(413, true, false, Close.MUST));
			// One that takes too long to be written is a reset.
			answers.add(CUT);
		}
		if (message.is(Trait.BAD_CHUNK)) {
			answers.add(new Answer(400, false, false, Close.MUST));
			answers.add(CUT);
		}
		if (message.route().equals("dead")) {
			// Its deadline is so near that a busy machine may reach it before the body is
			// there.
			answers.add(new Answer(503, true, false, Close.MAY));
		}
		if (message.is(Trait.SHORT)) {
			answers.add(new Answer(400, true, false, Close.MUST));
			answers.add(new Answer(500, true, false, Close.MUST));
			answers.add(CUT);
		}
		// A preflight passes, and nobody looks for a body of a GET that is not read.
		boolean passes = message.is(Trait.PREFLIGHT) || message.method().equals("GET")
				|| message.method().equals("HEAD");
		if (!(over && announced && !passes)
				&& !(readsAll && (over || message.is(Trait.BAD_CHUNK) || message.is(Trait.SHORT)))) {
			handled(message, close, answers);
		}
		return answers;
	}

	private static void handled(Message message, Close close, List<Answer> answers) {
		if (message.is(Trait.PREFLIGHT)) {
			answers.add(new Answer(BootLine.PREFLIGHT, true, false, close));
		}
		else if (message.asks("fail=before") || message.asks("fail=thrown")) {
			answers.add(new Answer(502, true, false, close));
		}
		else if (message.asks("fail=never")) {
			answers.add(new Answer(503, true, false, close));
		}
		else if (message.asks("fail=after")) {
			answers.add(CUT);
			// Where nothing comes before the error, the answer has not begun.
			answers.add(new Answer(500, true, false, close));
			if (message.method().equals("HEAD")) {
				answers.add(new Answer(200, true, true, Close.MAY));
			}
		}
		else if (message.is(Trait.WEBSOCKET) && message.route().equals("socket")) {
			answers.add(new Answer(101, true, false, Close.MAY));
		}
		else {
			answers.add(new Answer(message.asks("as=nothing") ? 204 : 200, true, true, close));
		}
	}

	static Close close(Message message) {
		if (message.is(Trait.CLOSE) || (message.is(Trait.HTTP_1_0) && !message.is(Trait.KEEP_ALIVE))) {
			return Close.MUST;
		}
		boolean unread = message.hasBody() && !readsAll(message);
		boolean asked = message.is(Trait.EXPECT) || message.is(Trait.EXPECT_WAIT);
		return (unread || asked || message.is(Trait.HTTP_1_0)) ? Close.MAY : Close.NEVER;
	}

	private static boolean readsAll(Message message) {
		return (message.asks("read=all") || message.asks("read=late")) && !message.asks("fail=thrown")
				&& !message.is(Trait.PREFLIGHT);
	}

	/**
	 * One of the answers that a request may get.
	 *
	 * @param status the status, or 0 if the connection (on HTTP/2: the stream) may end
	 * before or in the midst of an answer
	 * @param marked whether it carries the mark of its request
	 * @param content whether its body is the handler's
	 * @param close what becomes of the connection afterwards
	 */
	record Answer(int status, boolean marked, boolean content, Close close) {

		boolean isCut() {
			return this.status == 0;
		}

	}

	/**
	 * What becomes of a connection after an answer.
	 */
	enum Close {

		MUST, MAY, NEVER

	}

}
