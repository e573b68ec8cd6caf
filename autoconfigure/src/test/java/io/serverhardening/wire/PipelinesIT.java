package io.serverhardening.wire;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.function.BiFunction;
import java.util.stream.Stream;

import io.serverhardening.testing.TestServer;
import io.serverhardening.wire.Campaign.Report;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Every answer goes to its request: random pipelines of random requests, cut anywhere. A
 * minute in the build; for an hour, or a failure again:
 * {@code JAVA_TOOL_OPTIONS="-Dpipelines.seconds=3600 -Dpipelines.seed=…"}.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class PipelinesIT {

	private static final String[] SETTINGS = { "server.hardening.routes.small.path=/w/small/**",
			"server.hardening.routes.small.request.max-body-size=1KB",
			"server.hardening.routes.large.path=/w/large/**",
			"server.hardening.routes.large.request.max-body-size=32KB", "server.hardening.routes.free.path=/w/free/**",
			"server.hardening.routes.free.request.max-body-size=none", "server.hardening.routes.dead.path=/w/dead/**",
			"server.hardening.routes.dead.response.timeout=100ms", "server.hardening.routes.rated.path=/w/rated/**",
			"server.hardening.routes.rated.rate-limit.enabled=true",
			"server.hardening.routes.rated.rate-limit.permits=20",
			"server.hardening.routes.rated.rate-limit.period=1s", "server.hardening.routes.narrow.path=/w/narrow/**",
			"server.hardening.routes.narrow.concurrency.enabled=true",
			"server.hardening.routes.narrow.concurrency.max-requests=1",
			"server.hardening.routes.broken.path=/w/broken/**",
			"server.hardening.routes.broken.circuit-breaker.enabled=true",
			"server.hardening.routes.broken.circuit-breaker.window=10",
			"server.hardening.routes.broken.circuit-breaker.min-calls=2",
			"server.hardening.routes.broken.circuit-breaker.open-period=200ms",
			"logging.level.org.springframework.web.server.adapter.HttpWebHandlerAdapter=off",
			"logging.level.reactor=off",
			"logging.level.org.springframework.boot.autoconfigure.web.reactive.error=off", "logging.level.io.serverhardening=off" };

	private TestServer server;

	private TestServer secure;

	private TestServer http2;

	private Leaks leaks;

	@BeforeAll
	void start() {
		this.server = TestServer.start(List.of(MarkedHandlers.class), SETTINGS);
		this.secure = TestServer.startWithTls(List.of(MarkedHandlers.class), SETTINGS);
		this.http2 = TestServer.start(List.of(MarkedHandlers.class),
				Stream.concat(Stream.of("server.http2.enabled=true"), Stream.of(SETTINGS)).toArray(String[]::new));
		this.leaks = Leaks.listen();
	}

	@AfterAll
	void stop() {
		this.leaks.close();
		this.http2.close();
		this.secure.close();
		this.server.close();
	}

	private static @Nullable String http1(TestServer server, Pipeline pipeline, ExecutorService executor) {
		return new Http1Client(executor).run(new PlainPipe(server.port()), pipeline);
	}

	private static @Nullable String tls(TestServer server, Pipeline pipeline, ExecutorService executor) {
		return new Http1Client(executor).run(new TlsPipe(server.port(), "http/1.1", pipeline.seed()), pipeline);
	}

	@Test
	void everyAnswerOfHttp1GoesToItsRequest() {
		check("HTTP/1.1", (pipeline, executor) -> http1(this.server, pipeline, executor), false);
	}

	@Test
	void everyAnswerBehindTlsGoesToItsRequest() {
		check("HTTP/1.1 over TLS", (pipeline, executor) -> tls(this.secure, pipeline, executor), false);
	}

	private static @Nullable String http2(TestServer server, Pipeline pipeline, ExecutorService executor) {
		return new Http2Client(executor).run(new PlainPipe(server.port()), pipeline);
	}

	@Test
	void everyAnswerOfHttp2GoesToItsRequest() {
		check("HTTP/2", (pipeline, executor) -> http2(this.http2, pipeline, executor), true);
	}

	@Test
	void once() {
		String text = System.getProperty("pipelines.text");
		if (text == null) { return; }
		Pipeline pipeline = Pipeline.parse(text.replace("|", "\n"));
		try (Campaign campaign = new Campaign((p, e) -> System.getProperty("h2") != null ? http2(this.http2, p, e) : System.getProperty("tls") != null ? tls(this.secure, p, e) : http1(this.server, p, e), false)) {
			for (int i = 0; i < 4; i++) {
				System.out.println("ONCE " + campaign.run(pipeline));
			}
		}
	}

	private void check(String name, BiFunction<Pipeline, ExecutorService, @Nullable String> client, boolean http2) {
		long seed = Long.getLong("pipelines.seed", System.nanoTime() & 0xffff_ffffL);
		Duration duration = Duration.ofMillis(1000L * Integer.getInteger("pipelines.seconds", 60) / 6);
		System.out.println(name + ": random pipelines from the seed " + seed);
		try (Campaign campaign = new Campaign(client, http2)) {
			Report report = campaign.run(seed, duration, Integer.getInteger("pipelines.requests", 1000));
			System.out.println(name + ": " + report.requests() + " requests");
			assertThat(report.failure()).as("%s, pipelines.seed=%s", name, seed).isNull();
		}
		assertThat(this.leaks.found()).isEmpty();
	}

}
