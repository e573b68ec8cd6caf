package io.serverhardening.route;

import java.util.EnumMap;
import java.util.Map;
import java.util.stream.Stream;

import io.serverhardening.Ending;
import io.serverhardening.testing.RawClient;
import io.serverhardening.testing.RawHttp2;
import io.serverhardening.testing.TestServer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * What is counted and logged of clients that leave while they are being answered.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@ExtendWith(OutputCaptureExtension.class)
class LeavingIT {

	private TestServer server;

	@BeforeAll
	void start() {
		this.server = TestServer.start("server.http2.enabled=true");
		this.server.warmUp();
		this.server.awaitQuiet();
	}

	@AfterAll
	void stop() {
		this.server.close();
	}

	@ParameterizedTest
	@ValueSource(strings = { "/download?chunks=1000", "/download-elsewhere?chunks=1000", "/file", "/events?everyMs=20",
			"/large-events", "/stall", "/ndjson-stall" })
	void connectionThatIsReset(String target, CapturedOutput output) {
		Map<Ending, Long> before = counts();
		RawClient client = this.server.connect(8 * 1024);
		client.send("GET", target).header("");
		client.reset();
		cancelled(before, output);
	}

	@ParameterizedTest
	@ValueSource(strings = { "/download?chunks=1000", "/download-elsewhere?chunks=1000", "/file", "/events?everyMs=20",
			"/large-events", "/stall", "/ndjson-stall" })
	void connectionThatIsFinished(String target, CapturedOutput output) {
		Map<Ending, Long> before = counts();
		try (RawClient client = this.server.connect(8 * 1024)) {
			client.send("GET", target).header("");
			client.finish();
			cancelled(before, output);
		}
	}

	@ParameterizedTest
	@ValueSource(strings = { "/download?chunks=1000", "/download-elsewhere?chunks=1000", "/file", "/events?everyMs=20",
			"/large-events", "/stall", "/ndjson-stall" })
	void streamThatIsReset(String target, CapturedOutput output) {
		Map<Ending, Long> before = counts();
		try (RawHttp2 client = new RawHttp2(this.server.connect())) {
			client.request(1, "GET", target, false).answer(1);
			assertThat(client.await(RawHttp2.DATA, 1)).isNotNull();
			client.reset(1);
			cancelled(before, output);
		}
	}

	@ParameterizedTest
	@ValueSource(strings = { "/download?chunks=1000", "/download-elsewhere?chunks=1000", "/file", "/events?everyMs=20",
			"/large-events", "/stall", "/ndjson-stall" })
	void streamOfConnectionThatIsReset(String target, CapturedOutput output) {
		Map<Ending, Long> before = counts();
		RawHttp2 client = new RawHttp2(this.server.connect());
		client.request(1, "GET", target, false).answer(1);
		assertThat(client.await(RawHttp2.DATA, 1)).isNotNull();
		client.client().reset();
		cancelled(before, output);
	}

	private void cancelled(Map<Ending, Long> before, CapturedOutput output) {
		this.server.awaitQuiet();
		Map<Ending, Long> after = counts();
		before.forEach((ending, count) -> after.merge(ending, -count, Long::sum));
		after.values().removeIf((count) -> count == 0);
		assertThat(after).isEqualTo(Map.of(Ending.CANCELLED, 1L));
		assertThat(output.getAll()).doesNotContain("ERROR");
	}

	private Map<Ending, Long> counts() {
		RouteActivity activity = this.server.activity("default");
		Map<Ending, Long> counts = new EnumMap<>(Ending.class);
		Stream.of(Ending.values()).forEach((ending) -> counts.put(ending, activity.count(ending)));
		return counts;
	}

}
