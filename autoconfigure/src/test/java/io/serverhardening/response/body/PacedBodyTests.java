package io.serverhardening.response.body;

import java.util.ArrayList;
import java.util.List;

import io.netty.channel.Channel;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.embedded.EmbeddedChannel;
import org.junit.jupiter.api.Test;
import org.reactivestreams.Subscription;
import reactor.core.publisher.BaseSubscriber;
import reactor.core.publisher.Flux;

import static org.assertj.core.api.Assertions.assertThat;

class PacedBodyTests {

	private final EmbeddedChannel channel = new EmbeddedChannel(new ChannelInboundHandlerAdapter());

	private final PacedChannel paced = new PacedChannel() {

		@Override
		public Channel channel() {
			return PacedBodyTests.this.channel;
		}

		@Override
		public void producer(PacedBody<?> producer) {
			// The channel is always writable.
		}

	};

	private final List<Integer> received = new ArrayList<>();

	private final BaseSubscriber<Integer> writer = new BaseSubscriber<>() {

		@Override
		protected void hookOnSubscribe(Subscription subscription) {
			subscription.request(2);
		}

		@Override
		protected void hookOnNext(Integer element) {
			PacedBodyTests.this.received.add(element);
		}

	};

	@Test
	void asksForTheFirstAtOnceAndOutOfTheMidstOfAWriteForNone() {
		PacedBody.of(Flux.range(0, 1000), this.paced, (element) -> PacedBody.ROOM).subscribe(this.writer);
		assertThat(this.received).containsExactly(0, 1);
		// The writer is at it: what it is given now it does not write before it is done.
		this.writer.request(96);
		assertThat(this.received).hasSize(2);
		this.channel.runPendingTasks();
		assertThat(this.received).as("then there is room").hasSize(98);
	}

	@Test
	void aSourceIsDoneWithoutAnElement() {
		PacedBody.of(Flux.<Integer>empty(), this.paced, (element) -> 1).subscribe(this.writer);
		assertThat(this.writer.isDisposed()).isTrue();
		assertThat(this.received).isEmpty();
	}

	@Test
	void manySmallElementsNeedNoDeepStack() {
		PacedBody.of(Flux.range(0, 100_000), this.paced, (element) -> 1).subscribe(this.writer);
		this.writer.requestUnbounded();
		this.channel.runPendingTasks();
		assertThat(this.received).hasSize(100_000);
	}

}
