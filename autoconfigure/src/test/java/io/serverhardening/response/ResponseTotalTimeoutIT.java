package io.serverhardening.response;

import java.time.Duration;
import java.util.List;

import io.serverhardening.Ending;
import io.serverhardening.RejectionWriter;
import io.serverhardening.testing.RawClient;
import io.serverhardening.testing.TestServer;
import io.serverhardening.testing.TestWebSocket;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import reactor.core.publisher.Mono;

import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * The clock on the whole response, the mode, and Actuator beside them.
 */
@ExtendWith(OutputCaptureExtension.class)
class ResponseTotalTimeoutIT {

	private static final Duration TOTAL = Duration.ofSeconds(2);

	@Test
	void endsEvenAResponseThatKeepsComing() {
		try (TestServer server = TestServer.start("server.hardening.response.total-timeout=2s",
				"server.hardening.response.timeout=none")) {
			try (RawClient client = server.connect()) {
				long start = System.nanoTime();
				client.send("GET", "/chatty?everyMs=100&times=1000");
				RawClient.End end = client.end();
				assertThat(end.reset()).isTrue();
				assertThat(end.received()).contains("tick4");
				assertThat(Duration.ofNanos(System.nanoTime() - start)).isBetween(TOTAL, TOTAL.plusSeconds(10));
			}
			try (RawClient client = server.connect()) {
				assertThat(client.send("GET", "/events?everyMs=100").end().reset()).isTrue();
			}
			RawClient.Response response = server.get("/never");
			assertThat(response.status()).isEqualTo(503);
			assertThat(response.body()).contains("The response was not complete within 2s.");
		}
	}

	@Test
	void observesWithoutEnding() {
		try (TestServer server = TestServer.start("server.hardening.response.timeout=200ms",
				"server.hardening.mode=observe")) {
			RawClient.Response response = server.get("/slow?ms=600");
			assertThat(response.status()).isEqualTo(200);
			assertThat(response.body()).isEqualTo("slow");
			server.awaitCount("default", Ending.COMPLETED, 1);
			assertThat(server.activity("default").count(Ending.TIMED_OUT)).isZero();
			assertThat(server.meter("server.hardening.rejections", "outcome", "observed")).isEqualTo(1);
			assertThat(server.meter("server.hardening.rejections", "outcome", "refused")).isZero();
		}
	}

	@Test
	void aWebSocketOutlivesEveryClock() {
		try (TestServer server = TestServer.start("server.hardening.response.total-timeout=2s")) {
			assertThat(TestWebSocket.echoAfter(server, Duration.ofSeconds(3))).containsExactly("echo late");
			server.awaitCount("default", Ending.UPGRADED, 1);
		}
	}

	@Test
	void theOtherClockDoesNotCutTheAnswerShort() {
		try (TestServer server = TestServer.start(List.of(SlowWriter.class), "server.hardening.response.timeout=300ms",
				"server.hardening.response.total-timeout=500ms")) {
			assertThat(server.get("/never").status()).isEqualTo(503);
		}
	}

	@Test
	void clocksThatRunOutTogetherAnswerOnceOnAnotherServer() {
		try (TestServer server = TestServer.start("test.server=tomcat", "server.hardening.response.timeout=300ms",
				"server.hardening.response.total-timeout=300ms")) {
			assertThat(server.get("/never").status()).isEqualTo(503);
		}
	}

	@Test
	void anotherReactiveServerIsGuardedToo(CapturedOutput output) {
		try (TestServer server = TestServer.start("test.server=tomcat", "server.hardening.response.timeout=1s",
				"server.hardening.response.total-timeout=2s")) {
			assertThat(output).contains("This server is not Reactor Netty: guards work");
			server.warmUp();
			assertThat(server.get("/fast").body()).isEqualTo("fast");
			RawClient.Response response = server.get("/never");
			assertThat(response.status()).isEqualTo(503);
			assertThat(response.body()).contains("deadline-exceeded");
			try (RawClient client = server.connect()) {
				String received = client.send("GET", "/stall").end().received();
				// Tomcat had not sent what it had: it still can say so.
				assertThat(received).startsWith("HTTP/1.1 500 ").doesNotContain("begun");
			}
		}
	}

	/**
	 * Takes a while to say that something took too long.
	 */
	@Configuration(proxyBeanMethods = false)
	static class SlowWriter {

		@Bean
		RejectionWriter slowWriter() {
			return (exchange, rejection) -> Mono.delay(Duration.ofMillis(500)).then(Mono.defer(() -> {
				exchange.getResponse().setStatusCode(rejection.status());
				return exchange.getResponse().setComplete();
			}));
		}

	}

}
