package io.serverhardening.wire;

import java.time.Duration;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;

import io.serverhardening.internal.channel.CloseReason;
import io.serverhardening.testing.TestServer;
import io.serverhardening.wire.Campaign.Report;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Every answer goes to its request: random pipelines of random requests, cut anywhere.
 * Half a minute in the build; for an hour, or a failure again:
 * {@code JAVA_TOOL_OPTIONS="-Dpipelines.seconds=3600 -Dpipelines.seed=…"}. A failure is
 * told with a pipeline that can be put among the known ones below.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class PipelinesIT {

	private static final int KNOWN_TIMES = 5;

	private final Map<Transport, TestServer> servers = new EnumMap<>(Transport.class);

	private Leaks leaks;

	@BeforeAll
	void start() {
		for (Transport transport : Transport.values()) {
			this.servers.put(transport, transport.start());
		}
		this.leaks = Leaks.listen();
	}

	@AfterAll
	void stop() {
		this.leaks.close();
		this.servers.values().forEach(TestServer::close);
	}

	private Campaign campaign(Transport transport) {
		TestServer server = this.servers.get(transport);
		return new Campaign((pipeline, executor) -> {
			String mismatch = transport.run(server, pipeline, executor);
			return (mismatch != null) ? mismatch + ", where the server has closed " + closed(server) : null;
		}, transport.isHttp2());
	}

	// One that was cut for what the machine was too slow for says so here.
	private static String closed(TestServer server) {
		return Arrays.stream(CloseReason.values())
			.filter((reason) -> server.connections().closedCount(reason) > 0)
			.map((reason) -> reason + " " + server.connections().closedCount(reason))
			.collect(Collectors.joining(", "));
	}

	static Stream<Transport> everyAnswerGoesToItsRequest() {
		String one = System.getProperty("pipelines.transport", "");
		return Stream.of(Transport.values()).filter((transport) -> one.isEmpty() || transport.name().equals(one));
	}

	@ParameterizedTest
	@MethodSource
	void everyAnswerGoesToItsRequest(Transport transport) {
		// The same for each build: what others find is for whoever looks for it.
		long seed = Long.getLong("pipelines.seed", 1);
		Duration duration = Duration.ofSeconds(Integer.getInteger("pipelines.seconds", 32))
			.dividedBy(everyAnswerGoesToItsRequest().count());
		System.out.println(transport + ": random pipelines from the seed " + seed);
		try (Campaign campaign = campaign(transport)) {
			Report report = campaign.run(seed, duration, Integer.getInteger("pipelines.requests", 1000));
			System.out.println(transport + ": " + report + ((report.failure() != null) ? "\n" + report.failure() : ""));
			assertThat(report.failure()).as("%s, pipelines.seed=%s", transport, seed).isNull();
		}
		assertThat(this.leaks.found()).isEmpty();
	}

	@ParameterizedTest
	@MethodSource
	void knownPipelinesAreAnsweredAsTheyShould(Known known) {
		try (Campaign campaign = campaign(known.transport())) {
			for (int i = 0; i < KNOWN_TIMES; i++) {
				assertThat(campaign.run(Pipeline.parse(known.pipeline()))).isNull();
			}
		}
	}

	// Each went wrong once.
	static List<Known> knownPipelinesAreAnsweredAsTheyShould() {
		return List.of(known(Transport.HTTP2, "an answer to a stream that is just being reset", """
				cuts=each seed=91020482
				30 x POST free?read=all&size=20&as=counted chunked:1931 trailers expect_wait reset
				PUT small?read=all&size=300000 counted:1023
				"""), known(Transport.TLS, "requests held behind a declined upgrade", """
				cuts=each seed=41023372
				OPTIONS small
				GET small?read=all&wait=1&size=300000 other_protocol
				POST free?read=no&size=1 chunked:435 pieces late_end
				"""), known(Transport.HTTP1, "a chunked body that is too large, with its end in the same read", """
				cuts=whole seed=1
				POST small?read=all chunked:5000
				GET free?size=100
				"""), known(Transport.HTTP1, "the same, behind others and answered later", """
				cuts=whole seed=1
				GET free?wait=5
				POST small?read=late&wait=3 chunked:5000 pieces trailers
				GET free?size=100
				"""), known(Transport.HTTP2, "the same on a stream", """
				cuts=whole seed=1
				POST small?read=all chunked:5000
				GET free?size=100
				"""),
				known(Transport.HTTP1, "a chunked body that is too large after its answer, and the next request", """
						cuts=whole seed=3
						GET broken?size=10000&as=pieces
						GET small?size=70000
						POST small?read=no&size=1&as=counted chunked:1950 extensions pieces
						POST small?read=all counted:156
						"""), known(Transport.TLS, "many records that wait behind a slow answer", """
						cuts=whole seed=1
						GET free?wait=100
						1600 x GET free?size=10
						"""), known(Transport.HTTP1, "a last request behind an answer that is not flushed", """
						cuts=whole seed=5
						GET small?size=300000
						GET free?size=7 close
						"""), known(Transport.HTTP1, "a last request behind an answer that is awaited", """
						cuts=whole seed=5
						GET small?wait=20
						GET free?size=7 close
						GET free
						"""), known(Transport.HTTP1_NIO, "a body after the last request", """
						cuts=each seed=3137326627 slow
						GET large?size=20&as=elsewhere close
						POST rated?read=late chunked:32769 extensions late_end
						"""), known(Transport.HTTP1, "what is no HTTP behind a last answer", """
						cuts=whole seed=578645218
						GET free?read=late&wait=7
						POST small?read=all&size=500 counted:1906 late_end
						POST free?read=no chunked:1023 pieces bad_chunk
						"""), known(Transport.HTTP1_NIO, "a body that turns out to be none after its answer", """
						cuts=whole seed=3298212604
						POST small?read=no chunked:32769 bad_chunk
						"""), known(Transport.HTTP1, "100 Continue before a HEAD", """
						cuts=each seed=32
						GET free?wait=10
						PUT free?read=late&wait=20&size=1 counted:426 expect
						HEAD free?size=20
						"""),
				known(Transport.HTTP1, "a request behind an answer of HTTP/1.0 that does not say that it goes on", """
						cuts=whole seed=9008372 slow
						POST small?read=piece&size=300000 counted:0 late_end http_1_0 keep_alive
						PUT large?read=late&size=20 counted:1943 origin
						"""));
	}

	private static Known known(Transport transport, String what, String pipeline) {
		return new Known(transport, what, pipeline);
	}

	/**
	 * A pipeline that went wrong.
	 *
	 * @param transport where
	 * @param what what is peculiar
	 * @param pipeline the pipeline
	 */
	record Known(Transport transport, String what, String pipeline) {

		@Override
		public String toString() {
			return this.transport + ", " + this.what;
		}

	}

}
