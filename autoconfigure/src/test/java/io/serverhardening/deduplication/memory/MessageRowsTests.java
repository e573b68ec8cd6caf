package io.serverhardening.deduplication.memory;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;

import io.serverhardening.deduplication.record.Answer;
import io.serverhardening.deduplication.record.ClaimRequest;
import io.serverhardening.deduplication.record.ClaimTerms;
import io.serverhardening.deduplication.record.MessageRecord;
import io.serverhardening.deduplication.record.RecordState;
import io.serverhardening.deduplication.record.Settlement;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

/**
 * Tests of {@link MessageRows} and of the entries that they hand out again.
 */
class MessageRowsTests {

	private static final ClaimTerms TERMS = new ClaimTerms(1000, 60_000, 0);

	private final MessageRows rows = new MessageRows();

	@Test
	void findsWhatAMapFinds() {
		long seed = System.nanoTime();
		Random random = new Random(seed);
		Map<String, MessageEntry> expected = new HashMap<>();
		for (int step = 0; step < 50_000; step++) {
			// Ids have their hash in pairs: "Aa" and "BB" have the same.
			String id = (random.nextBoolean() ? "Aa" : "BB") + random.nextInt(1500);
			MessageEntry entry = this.rows.find(id);
			assertThat(entry).as("seed %d, step %d", seed, step).isSameAs(expected.get(id));
			if (entry == null) {
				expected.put(id, this.rows.add(request(id), step));
			}
			else if (random.nextInt(3) > 0) {
				this.rows.remove(entry);
				expected.remove(id);
			}
			assertThat(this.rows.size()).isEqualTo(expected.size());
		}
		assertThat(new HashSet<>(expected.values())).hasSameSizeAs(expected.entrySet());
	}

	@Test
	void usesRowsAgain() {
		Set<MessageEntry> made = new HashSet<>();
		for (int round = 0; round < 10; round++) {
			List<MessageEntry> entries = new ArrayList<>();
			for (int i = 0; i < 1000; i++) {
				entries.add(this.rows.add(request(round + "-" + i), 0));
			}
			made.addAll(entries);
			entries.forEach(this.rows::remove);
		}
		assertThat(made).hasSize(1000);
	}

	@Test
	void remembersNothingOfTheMessageBefore() {
		MessageEntry entry = this.rows.add(request("before"), 1);
		entry.run(request("before"), 1);
		entry.ask(request("before"));
		Answer answer = new Answer(201, List.of("ETag", "\"1\""), new byte[] { 1, 2, 3 });
		entry.settle(Settlement.completed(answer), answer.encode(), TERMS, 2);
		this.rows.remove(entry);
		MessageEntry next = this.rows.add(new ClaimRequest("next", "", "", true, TERMS), 5);
		assertThat(next).isSameAs(entry);
		assertThat(next.state()).isEqualTo(RecordState.PROCESSING);
		assertThat(next.hasRun()).isFalse();
		assertThat(next.size()).isZero();
		assertThat(next.describe(5)).satisfies((record) -> {
			assertThat(record.owner()).isEmpty();
			assertThat(record.token()).isZero();
			assertThat(record.attempt()).isZero();
			assertThat(record.deliveries()).isOne();
			assertThat(record.age()).isZero();
			assertThat(record.lease()).isZero();
			assertThat(record.answer()).isNull();
		});
		assertThat(this.rows.find("before")).isNull();
	}

	@Test
	void keepsNoLongArrayForTheNextMessage() {
		MessageText text = new MessageText();
		text.begin(request("a"));
		text.answer(new Answer(200, List.of(), new byte[Answer.MAX_BODY]).encode());
		assertThat(text.capacity()).isGreaterThan(Answer.MAX_BODY);
		text.clear();
		assertThat(text.capacity()).isZero();
	}

	@Test
	void refusesWhatItCouldNotTellApart() {
		assertThatIllegalArgumentException().isThrownBy(() -> this.rows.add(request("\u0141"), 0))
			.withMessageContaining("not ASCII");
		assertThat(this.rows.size()).isZero();
		assertThat(this.rows.add(request("a"), 0)).isSameAs(this.rows.find("a"));
	}

	@Test
	void whoFailsToTakeAMessageLeavesItWhereItWas() {
		MessageTable table = new MessageTable(2, 1000);
		table.claim(request("a"), 0);
		table.settle(request("a"), 0, Settlement.FAILED, null, 1);
		ClaimRequest other = new ClaimRequest("a", "print of a", "\u0141", true, TERMS);
		assertThatIllegalArgumentException().isThrownBy(() -> table.claim(other, 2));
		assertThat(table.processing()).isZero();
		assertThat(table.find("a", 3)).extracting(MessageRecord::state).isEqualTo(RecordState.FAILED);
		table.claim(request("b"), 4);
		table.claim(request("c"), 5);
		assertThat(table.find("a", 6)).as("the first to go").isNull();
		assertThat(table.processing()).isEqualTo(2);
	}

	private static ClaimRequest request(String id) {
		return new ClaimRequest(id, "print of " + id, "owner of " + id, true, TERMS);
	}

}
