package io.serverhardening.deduplication.record;

import java.util.Arrays;
import java.util.List;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

/**
 * Answers as they are kept.
 */
class AnswerTests {

	private static final Answer ANSWER = new Answer(207, List.of("Vary", "Accept", "ETag", "\"ä\""),
			new byte[] { 1, 2, 3 });

	@Test
	void readsWhatItWrites() {
		Answer read = Answer.decode(ANSWER.encode());
		assertThat(read.status()).isEqualTo(207);
		assertThat(read.headers()).isEqualTo(ANSWER.headers());
		assertThat(read.body()).containsExactly(1, 2, 3);
		assertThat(Answer.decode(new Answer(204, List.of(), null).encode()).body()).isNull();
	}

	@ParameterizedTest
	@ValueSource(ints = { 0, 1, 3, 10, 20 })
	void refusesWhatIsCutShort(int length) {
		byte[] cut = Arrays.copyOf(ANSWER.encode(), length);
		assertThatIllegalArgumentException().isThrownBy(() -> Answer.decode(cut));
	}

	@Test
	void refusesAVersionItDoesNotKnow() {
		byte[] bytes = ANSWER.encode();
		bytes[0] = 9;
		assertThatIllegalArgumentException().isThrownBy(() -> Answer.decode(bytes)).withMessageContaining("version");
	}

	@Test
	void keepsWhatIsShortEnough() {
		assertThat(new Answer(200, List.of(), new byte[Answer.MAX_BODY]).kept().isComplete()).isTrue();
		assertThat(new Answer(200, List.of(), new byte[Answer.MAX_BODY + 1]).kept().isComplete()).isFalse();
		assertThat(new Answer(200, List.of("Link", "x".repeat(9000)), new byte[1]).kept().isComplete()).isFalse();
	}

}
