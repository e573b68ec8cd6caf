package io.serverhardening.response.pace;

import io.netty.buffer.Unpooled;
import io.netty.channel.embedded.EmbeddedChannel;
import io.serverhardening.internal.channel.Wire;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;
import static org.mockito.Mockito.mock;

class SocketOutflowTests {

	@Test
	@SuppressWarnings("FutureReturnValueIgnored")
	void isNotDoneBeforeWhatWasWrittenIsFlushed() {
		EmbeddedChannel channel = new EmbeddedChannel();
		SocketOutflow outflow = new SocketOutflow(mock(Wire.class), channel);
		assertThat(outflow.isDone()).isTrue();
		channel.write(Unpooled.wrappedBuffer(new byte[100]));
		assertThat(outflow.unsent()).as("what the client could have taken").isZero();
		assertThat(outflow.isDone()).isFalse();
		channel.flush();
		assertThat(outflow.isDone()).isTrue();
		channel.write(Unpooled.wrappedBuffer(new byte[100]));
		channel.finishAndReleaseAll();
		assertThat(outflow.isDone()).as("closed").isTrue();
	}

}
