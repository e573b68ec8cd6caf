package io.serverhardening.connection.http2;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.PooledByteBufAllocator;
import io.netty.channel.CoalescingBufferQueue;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.handler.codec.http2.DefaultHttp2DataFrame;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

class Http2PartsTests {

	private static final int SIZE = 10;

	private final ByteBuf read = PooledByteBufAllocator.DEFAULT.buffer().writeZero(SIZE);

	@Test
	void partsThatAreSentOnTogetherAreNotCopied() {
		EmbeddedChannel channel = new EmbeddedChannel();
		CoalescingBufferQueue queue = new CoalescingBufferQueue(channel);
		for (int i = 0; i < SIZE; i++) {
			queue.add(part(1).content());
		}
		ByteBuf together = queue.remove(SIZE, channel.newPromise());
		assertThat(together.nioBufferCount()).isEqualTo(SIZE);
		together.release();
		assertThat(this.read.release()).as("the last").isTrue();
		channel.finish();
	}

	@Test
	void whoeverReleasesAPartTwiceReleasesNoOther() {
		DefaultHttp2DataFrame one = part(3);
		DefaultHttp2DataFrame other = part(3);
		assertThat(one.release()).isTrue();
		assertThat(one.refCnt()).isZero();
		assertThat(other.refCnt()).isEqualTo(1);
		assertThat(other.release()).isTrue();
		assertThat(this.read.release()).as("the last").isTrue();
	}

	@Test
	void flowControlGetsBackWhatAPartHasTaken() {
		DefaultHttp2DataFrame part = Http2Parts
			.apart(new DefaultHttp2DataFrame(this.read.readRetainedSlice(3), true, 7), PooledByteBufAllocator.DEFAULT);
		assertThat(part.initialFlowControlledBytes()).isEqualTo(10);
		assertThat(part.isEndStream()).isTrue();
		part.release();
		DefaultHttp2DataFrame empty = Http2Parts
			.apart(new DefaultHttp2DataFrame(this.read.readRetainedSlice(0), false, 7), PooledByteBufAllocator.DEFAULT);
		assertThat(empty.initialFlowControlledBytes()).isEqualTo(7);
		assertThat(this.read.release()).as("the last").isTrue();
	}

	// As the codec cuts it out.
	private DefaultHttp2DataFrame part(int size) {
		ByteBuf content = this.read.readSlice(size).retain();
		return Http2Parts.apart(new DefaultHttp2DataFrame(content, false, 0), PooledByteBufAllocator.DEFAULT);
	}

}
