package io.serverhardening.connection;

import java.io.ByteArrayOutputStream;

import io.netty.handler.codec.http2.Http2Error;
import io.serverhardening.internal.channel.CloseReason;
import io.serverhardening.testing.RawHttp2;
import io.serverhardening.testing.RawHttp2.Frame;
import io.serverhardening.testing.TestServer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * HTTP/2 requests that come together, each of which is answered before the next is
 * decoded.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class Http2TurnsIT {

	/** As many as may be open. */
	private static final int STREAMS = 100;

	private static final int END = RawHttp2.END_HEADERS | RawHttp2.END_STREAM;

	/** Until it is answered, what follows it has come. */
	private static final String FIRST = "/blocks?ms=200";

	private static final byte[] FAST = RawHttp2.headers("GET", "/fast");

	/** Their streams are over before the next is decoded. */
	private static final byte[] WITHOUT_BODY = RawHttp2.headers("HEAD", "/fast");

	private TestServer server;

	@BeforeAll
	void start() {
		this.server = TestServer.start("server.http2.enabled=true");
		this.server.warmUp();
	}

	@AfterAll
	void stop() {
		this.server.close();
	}

	private static byte[] requests(int first, int count, byte[] head) {
		ByteArrayOutputStream requests = new ByteArrayOutputStream();
		for (int i = 0; i < count; i++) {
			requests.writeBytes(RawHttp2.bytes(RawHttp2.HEADERS, END, first + 2 * i, head));
		}
		return requests.toByteArray();
	}

	@Test
	void asManyAsStreamsMayBeOpenAreAnswered() {
		try (RawHttp2 client = new RawHttp2(this.server.connect())) {
			int next = 1;
			for (int round = 0; round < 10; round++) {
				client.request(next, "GET", FIRST, false);
				client.client().write(requests(next + 2, STREAMS - 1, FAST));
				int answers = 0;
				while (answers < STREAMS) {
					Frame frame = client.next();
					assertThat(frame.type()).as("round %d, answer %d", round, answers)
						.isIn(RawHttp2.SETTINGS, RawHttp2.HEADERS, RawHttp2.DATA);
					answers += (frame.type() == RawHttp2.DATA && (frame.flags() & RawHttp2.END_STREAM) != 0) ? 1 : 0;
				}
				next += 2 * STREAMS;
			}
		}
	}

	// The server reads ever more at once of a client that has much to say.
	@Test
	void noMoreAreHandledTogetherThanStreamsMayBeOpen() {
		long before = this.server.connections().closedCount(CloseReason.HTTP2_FLOOD);
		try (RawHttp2 client = new RawHttp2(this.server.connect())) {
			client.client().write(requests(1, 50 * STREAMS, WITHOUT_BODY));
			int answers = 0;
			int refused = 0;
			Frame frame = client.next();
			while (frame != null && frame.type() != RawHttp2.GOAWAY && answers < 50 * STREAMS) {
				answers += (frame.type() == RawHttp2.HEADERS) ? 1 : 0;
				refused += (frame.type() == RawHttp2.RST_STREAM && frame.error() == Http2Error.REFUSED_STREAM.code())
						? 1 : 0;
				frame = client.next();
			}
			assertThat(answers).as("answers").isBetween(1, 20 * STREAMS);
			assertThat(refused).as("refused").isPositive();
		}
		this.server.awaitClosed(CloseReason.HTTP2_FLOOD, before + 1);
	}

}
