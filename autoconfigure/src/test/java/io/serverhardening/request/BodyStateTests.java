package io.serverhardening.request;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;

import io.serverhardening.request.BodyState.Answer;
import io.serverhardening.request.BodyState.Arrival;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;

class BodyStateTests {

	@ParameterizedTest
	@ValueSource(longs = { 1, 2, 3, 4, 5, 6, 7, 8 })
	void everyRequestHasOneAnswerAndNoHandlerAPartForTheWhole(long seed) {
		Random random = new Random(seed);
		BodyState state = new BodyState();
		for (int i = 0; i < 20_000; i++) {
			Story story = new Story(state, random);
			story.tell();
			story.check("seed " + seed + ", request " + i);
		}
	}

	@Test
	void aClientThatWaitsToBeAskedIsToldThatTheConnectionEnds() {
		BodyState state = new BodyState();
		state.begin(0, false);
		state.announced(10, true);
		assertThat(state.answerBegun()).isTrue();
		state.begin(0, false);
		state.announced(10, true);
		state.informed();
		assertThat(state.answerBegun()).isFalse();
		state.begin(0, false);
		state.announced(10, true);
		state.arrived(1, false, 10, true);
		assertThat(state.answerBegun()).isFalse();
		state.begin(0, false);
		state.announced(10, true);
		state.arrived(10, true, 10, true);
		assertThat(state.answerBegun()).isFalse();
	}

	@Test
	void informsNobodyOnceTheAnswerHasBegun() {
		BodyState state = new BodyState();
		state.begin(0, false);
		state.announced(-1, true);
		assertThat(state.informed()).isTrue();
		state.answerBegun();
		assertThat(state.informed()).isFalse();
	}

	/**
	 * One request: a client that sends its body in parts, a handler that answers whenever
	 * it likes, and a refusal that is carried out some time after it was found to be due.
	 * What happened is written down, and judged at the end without the state.
	 */
	private static final class Story {

		private final BodyState state;

		private final Random random;

		private final long max;

		private final boolean enforced;

		private final List<Integer> parts = new ArrayList<>();

		private final boolean endsWithPart;

		private int next;

		private boolean endSent;

		private boolean handlerCancelled;

		private boolean refusalDue;

		private boolean reset;

		private final List<Integer> passed = new ArrayList<>();

		private boolean endPassed;

		private int heads;

		private int lasts;

		private boolean close;

		private boolean refusedBeforeHead;

		private int observed;

		private int refused;

		/** What had come when the answer was done, and before: what limits are for. */
		private long counted;

		Story(BodyState state, Random random) {
			this.state = state;
			this.random = random;
			this.max = random.nextInt(40);
			this.enforced = random.nextBoolean();
			for (int i = random.nextInt(6); i > 0; i--) {
				this.parts.add(random.nextInt(20));
			}
			this.endsWithPart = random.nextBoolean() && !this.parts.isEmpty();
			state.begin(0, false);
			state.announced(-1, false);
		}

		void tell() {
			boolean leavesEarly = this.random.nextInt(10) == 0;
			while (!this.reset && !(this.endSent && this.lasts == 1) && !(leavesEarly && this.lasts == 1)) {
				switch (this.random.nextInt(4)) {
					case 0, 1 -> send();
					case 2 -> respond();
					default -> carryOut();
				}
			}
		}

		private void send() {
			if (this.endSent) {
				return;
			}
			if (this.next == this.parts.size()) {
				this.endSent = true;
				this.endPassed |= this.state.end();
				return;
			}
			int bytes = this.parts.get(this.next++);
			boolean last = this.endsWithPart && this.next == this.parts.size();
			this.endSent |= last;
			if (this.lasts == 0) {
				this.counted += bytes;
			}
			Arrival arrival = this.state.arrived(bytes, last, this.max, this.enforced);
			if (arrival == Arrival.OBSERVE) {
				this.observed++;
			}
			if (arrival == Arrival.REFUSE) {
				this.refused++;
				this.refusalDue = true;
				this.refusedBeforeHead = this.heads == 0;
			}
			if (arrival == Arrival.PASS || arrival == Arrival.OBSERVE) {
				this.passed.add(bytes);
				this.endPassed |= last;
			}
		}

		private void respond() {
			if (!this.handlerCancelled && !this.state.isAnsweredHere()) {
				write();
			}
		}

		private void write() {
			if (this.heads == 0) {
				this.heads++;
				this.close = this.state.answerBegun();
			}
			else if (this.lasts == 0) {
				this.lasts++;
				this.state.answered();
			}
		}

		private void carryOut() {
			if (!this.refusalDue || this.state.answer() == Answer.DONE) {
				return;
			}
			if (this.state.answer() == Answer.BEGUN && !this.handlerCancelled) {
				this.reset = true;
				return;
			}
			// Twice: head and last.
			this.handlerCancelled = true;
			write();
			write();
		}

		void check(String description) {
			long total = this.parts.subList(0, this.next).stream().mapToLong(Integer::longValue).sum();
			long got = this.passed.stream().mapToLong(Integer::longValue).sum();
			boolean tooMuch = this.counted > this.max;
			assertThat(this.heads).as(description + ": answers").isLessThanOrEqualTo(1);
			assertThat(this.refused).as(description + ": refusals").isEqualTo((tooMuch && this.enforced) ? 1 : 0);
			assertThat(this.observed).as(description + ": observations").isEqualTo((tooMuch && !this.enforced) ? 1 : 0);
			if (this.endPassed) {
				assertThat(got).as(description + ": the whole body").isEqualTo(total);
			}
			if (!tooMuch || !this.enforced) {
				assertThat(got).as(description + ": all that came").isEqualTo(total);
			}
			else {
				assertThat(got).as(description + ": bytes of a refused body").isLessThanOrEqualTo(this.max);
				assertThat(this.endPassed).as(description + ": the end of a refused body").isFalse();
			}
			if (this.lasts == 1) {
				assertThat(this.close).as(description + ": the connection ends").isEqualTo(this.refusedBeforeHead);
			}
			assertThat(this.state.isSettled()).as(description + ": settled")
				.isEqualTo(this.endSent && this.refused == 0);
		}

	}

}
