package io.serverhardening.connection.http2;

import java.nio.charset.StandardCharsets;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

class ReceivedFramesTests {

	private static final String PREFACE = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

	private final ReceivedFrames frames = new ReceivedFrames();

	private static ByteBuf bytes(String preface, int... frames) {
		ByteBuf bytes = Unpooled.buffer().writeBytes(preface.getBytes(StandardCharsets.US_ASCII));
		for (int octet : frames) {
			bytes.writeByte(octet);
		}
		return bytes;
	}

	@Test
	void aBlockIsOpenFromItsFirstFrameToTheEndOfItsLastWhereverTheBytesAreSplit() {
		ByteBuf all = bytes(PREFACE, 0, 0, 0, 4, 0, 0, 0, 0, 0, 0, 0, 2, 1, 0, 0, 0, 0, 1, 'a', 'b', 0, 0, 1, 9, 4, 0,
				0, 0, 1, 'c', 0, 0, 0, 1, 5, 0, 0, 0, 3);
		int begins = PREFACE.length() + 18;
		for (int i = 0; i < all.writerIndex(); i++) {
			this.frames.read(all.slice(i, 1));
			boolean open = i + 1 >= begins && i + 1 < begins + 12;
			assertThat(this.frames.block()).as("after " + (i + 1) + " bytes").isEqualTo(open ? 0 : -1);
		}
		ReceivedFrames whole = new ReceivedFrames();
		whole.read(all);
		assertThat(whole.block()).isEqualTo(-1);
		whole.read(bytes("", 0, 0, 1, 1, 0, 0, 0, 0, 5));
		assertThat(whole.block()).as("the third").isEqualTo(2);
		assertThat(all.readerIndex()).as("bytes taken").isZero();
	}

	@Test
	void whatIsNotHttp2IsNotFollowed() {
		this.frames.read(bytes("P"));
		assertThat(this.frames.isLost()).isFalse();
		this.frames.read(bytes("OST / HTTP/1.1\r\n"));
		assertThat(this.frames.isLost()).isTrue();
		assertThat(this.frames.block()).isNegative();
	}

}
