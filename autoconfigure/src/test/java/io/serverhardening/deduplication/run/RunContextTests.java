package io.serverhardening.deduplication.run;

import java.util.Map;
import java.util.NoSuchElementException;

import io.serverhardening.Deadline;
import io.serverhardening.MessageClaim;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Mono;
import reactor.util.context.Context;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

class RunContextTests {

	private static final MessageClaim CLAIM = new MessageClaim("key", 1, 2);

	private final Context context = new RunContext(Context.of("user", "ann"), CLAIM, Deadline.NONE);

	@Test
	void holdsWhatTheRequestHadAndWhatIsKnownOfItsMessage() {
		assertThat(this.context.<String>get("user")).isEqualTo("ann");
		assertThat(MessageClaim.from(this.context)).isEqualTo(CLAIM);
		assertThat(Deadline.from(this.context)).isEqualTo(Deadline.NONE);
		assertThat(this.context.hasKey("user")).isTrue();
		assertThat(this.context.hasKey("other")).isFalse();
		assertThat(this.context.size()).isEqualTo(3);
		assertThat(this.context.stream().map(Map.Entry::getKey)).containsExactlyInAnyOrder("user", MessageClaim.class,
				Deadline.class);
		assertThatExceptionOfType(NoSuchElementException.class).isThrownBy(() -> this.context.get("other"));
	}

	@Test
	void isAsLargeAsWhatItStreams() {
		assertThat(this.context.isEmpty()).isFalse();
		Context again = new RunContext(Context.of(MessageClaim.class, new MessageClaim("other", 1, 1), "user", "ann"),
				CLAIM, Deadline.NONE);
		assertThat(again.size()).isEqualTo(3);
		assertThat(again.stream()).hasSize(3);
		assertThat(MessageClaim.from(again)).isEqualTo(CLAIM);
	}

	@Test
	void isAddedToAndTakenFrom() {
		Context more = this.context.put("trace", 7).put("user", "bob").delete("trace");
		assertThat(more.<String>get("user")).isEqualTo("bob");
		assertThat(more.hasKey("trace")).isFalse();
		assertThat(MessageClaim.from(more)).isEqualTo(CLAIM);
		MessageClaim other = new MessageClaim("other", 1, 1);
		assertThat(MessageClaim.from(more.put(MessageClaim.class, other))).isEqualTo(other);
		assertThat(MessageClaim.from(more.delete(MessageClaim.class))).isNull();
		assertThat(Deadline.from(more.delete(MessageClaim.class))).isEqualTo(Deadline.NONE);
		assertThat(this.context.<String>get("user")).isEqualTo("ann");
	}

	@Test
	void isPutIntoOthers() {
		Context all = Context.of("trace", 7).putAll(this.context.readOnly());
		assertThat(MessageClaim.from(all)).isEqualTo(CLAIM);
		assertThat(all.<String>get("user")).isEqualTo("ann");
		assertThat(Mono.deferContextual((view) -> Mono.just(view.<Integer>get("trace") + view.size()))
			.contextWrite(Context.of("trace", 7))
			.contextWrite(this.context.readOnly())
			.block()).isEqualTo(11);
	}

}
