package io.serverhardening.connection.feed;

import java.util.ArrayList;
import java.util.List;

import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.embedded.EmbeddedChannel;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

class LaterTurnTests {

	private final List<Throwable> caught = new ArrayList<>();

	private final EmbeddedChannel channel = new EmbeddedChannel(new ChannelInboundHandlerAdapter() {

		@Override
		public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
			LaterTurnTests.this.caught.add(cause);
		}

	});

	private int done;

	private void turn() {
		this.channel.runPendingTasks();
		this.channel.runScheduledPendingTasks();
	}

	@Test
	void isDoneOnceHoweverOftenItIsAskedFor() {
		LaterTurn later = new LaterTurn(this.channel, () -> this.done++);
		later.put();
		later.put();
		assertThat(this.done).isZero();
		turn();
		assertThat(this.done).isEqualTo(1);
	}

	@Test
	void whatItThrowsReachesTheConnection() {
		IllegalStateException broken = new IllegalStateException("broken");
		new LaterTurn(this.channel, () -> {
			throw broken;
		}).put();
		turn();
		assertThat(this.caught).containsExactly(broken);
	}

}
