package io.serverhardening.connection.feed;

import java.nio.charset.StandardCharsets;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;

class ChunkSizesTests {

	private final ChunkSizes sizes = new ChunkSizes();

	private boolean look(String text) {
		ByteBuf bytes = Unpooled.copiedBuffer(text, StandardCharsets.ISO_8859_1);
		boolean fine = this.sizes.look(bytes);
		assertThat(bytes.readerIndex()).isZero();
		return fine;
	}

	private boolean lookInPieces(String text, int piece) {
		boolean fine = true;
		for (int i = 0; i < text.length(); i += piece) {
			fine &= look(text.substring(i, Math.min(text.length(), i + piece)));
		}
		return fine;
	}

	@ParameterizedTest
	@ValueSource(strings = { "0\r\n\r\n", "3\r\nabc\r\n0\r\n\r\n", "0A\r\n 3 x\r\n 3 x\r\n0\r\n\r\n",
			"3;a\r\nabc\r\n0;b=\"c d\"\r\n\r\n", "3 \t;a\r\nabc\r\n00\r\n\r\n", "0\r\n a trailer, of sorts\r\n\r\n",
			"0\r\n\r\nGET / HTTP/1.1\r\n" })
	void findsNothing(String body) {
		for (int piece = 1; piece <= body.length(); piece++) {
			this.sizes.begin();
			assertThat(lookInPieces(body, piece)).as("in pieces of %d", piece).isTrue();
		}
	}

	@ParameterizedTest
	@ValueSource(strings = { " 3\r\n", "3 x\r\n", "3 \r\n", "\r\n", ";a\r\n", "3\n", "3\rx", "x\r\n", "-3\r\n",
			"3\r\nabc\r\n 0\r\n", "3\r\nabc\r\n3 x\r\n", "80000000\r\n", "00000000ffffffffffffffff\r\n", "3\u000b\r\n",
			"3\u0000\r\n", "\u00ff\r\n" })
	void findsWhatIsNoSize(String body) {
		for (int piece = 1; piece <= body.length(); piece++) {
			this.sizes.begin();
			assertThat(lookInPieces(body, piece)).as("in pieces of %d", piece).isFalse();
		}
	}

	@Test
	void looksAtNothingBetweenBodies() {
		assertThat(look(" 3 x\r\n")).isTrue();
		this.sizes.begin();
		assertThat(look("0\r\n\r\n 3 x\r\n")).isTrue();
		assertThat(look("GET / HTTP/1.1\r\n")).isTrue();
	}

}
