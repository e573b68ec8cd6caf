package io.serverhardening.errors;

import java.util.List;

import io.serverhardening.RejectionWriter;
import io.serverhardening.testing.RawClient;
import io.serverhardening.testing.TestServer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import reactor.core.publisher.Mono;

import org.springframework.context.annotation.Bean;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * How refusals and errors are answered.
 */
class ErrorsIT {

	private static TestServer problems;

	private static TestServer envelopes;

	@BeforeAll
	static void start() {
		problems = TestServer.start("server.hardening.errors.scope=all",
				"spring.jackson.deserialization.fail-on-null-for-primitives=true");
		envelopes = TestServer.start("server.hardening.response.timeout=300ms",
				"server.hardening.errors.format=envelope");
	}

	@AfterAll
	static void stop() {
		problems.close();
		envelopes.close();
	}

	private static RawClient.Response post(TestServer server, String target, String type, String body) {
		try (RawClient client = server.connect()) {
			return client
				.write("POST " + target + " HTTP/1.1\r\nHost: test\r\nContent-Type: " + type + "\r\nContent-Length: "
						+ body.length() + "\r\n\r\n" + body)
				.response();
		}
	}

	@Test
	void writesAnEnvelopeWhereItIsAskedFor() {
		RawClient.Response response = envelopes.get("/never");
		assertThat(response.status()).isEqualTo(503);
		assertThat(response.header("content-type")).isEqualTo("application/json");
		assertThat(response.body())
			.matches("\\{\"code\":503,\"message\":\"The request was not answered within 300ms\\.\","
					+ "\"data\":\\{\"type\":\"urn:problem-type:server-hardening:deadline-exceeded\",\"guard\":\"response\","
					+ "\"route\":\"default\"},\"traceId\":\"[^\"]+\"}");
	}

	@Test
	void leavesTheApplicationsErrorsAloneUnlessTheyAreInScope() {
		assertThat(envelopes.get("/nothing").body()).contains("\"timestamp\"").doesNotContain("\"code\"");
	}

	@ParameterizedTest
	@CsvSource({ "GET, /nothing, 404", "POST, /fast, 405", "GET, /slow, 400", "GET, /slow?ms=x, 400",
			"GET, /teapot, 418", "GET, /throws, 500", "GET, /signals-error, 500" })
	void givesTheApplicationsErrorsTheSameVoice(String method, String target, int status) {
		try (RawClient client = problems.connect()) {
			RawClient.Response response = client.send(method, target, "Content-Length: 0").response();
			assertThat(response.status()).isEqualTo(status);
			assertThat(response.header("content-type")).isEqualTo("application/problem+json");
			assertThat(response.body()).startsWith("{\"type\":\"about:blank\"")
				.contains("\"status\":" + status, "\"traceId\":\"")
				.doesNotContain("secret", "Exception", "null", "\"guard\"");
		}
	}

	@Test
	void keepsTheHeadersThatAnErrorCallsFor() {
		try (RawClient client = problems.connect()) {
			assertThat(client.send("DELETE", "/fast").response().header("allow")).isEqualTo("GET");
		}
		assertThat(post(problems, "/orders", "text/csv", "a,b").status()).isEqualTo(415);
		assertThat(post(problems, "/orders", "text/csv", "a,b").header("accept")).contains("application/json");
	}

	@Test
	void namesTheFieldsThatAreWrong() {
		RawClient.Response response = post(problems, "/orders", "application/json", "{\"item\":\" \",\"quantity\":0}");
		assertThat(response.status()).isEqualTo(400);
		assertThat(response.body()).contains("{\"field\":\"quantity\",\"message\":\"must be greater than 0\"}",
				"{\"field\":\"item\",\"message\":\"must not be blank\"}");
	}

	@Test
	void answersAMalformedBodyWithoutInternals() {
		RawClient.Response response = post(problems, "/orders", "application/json", "{\"item\":");
		assertThat(response.status()).isEqualTo(400);
		assertThat(response.body()).contains("\"detail\":\"Failed to read HTTP message\"").doesNotContain("jackson");
	}

	@Test
	void aGetThatClaimsToBeGrpcIsRefusedLikeAnyOther() {
		assertThat(envelopes.get("/raw-never", "Content-Type: application/grpc").status()).isEqualTo(503);
	}

	@Test
	void doesNotTellTheReasonOfAnAnnotatedExceptionThatIsTheServersFault() {
		assertThat(problems.get("/broken").status()).isEqualTo(502);
		assertThat(problems.get("/broken").body()).contains("\"status\":502").doesNotContain("secret");
	}

	@Test
	void tellsTheReasonOfAnAnnotatedException() {
		assertThat(problems.get("/teapot").body()).contains("\"detail\":\"short and stout\"");
	}

	static List<String> absurdAccepts() {
		return List.of("*/*", "application/json", "application/xml", "image/png", "a", "/", ";;;", "text/html;q=",
				"application/*+json;q=2", "*", "text/plain, application/json",
				String.join(",", java.util.Collections.nCopies(500, "a/b;q=0.1")), "text/*;q=0.1, */*",
				"application/problem+json;q=abc", "\"", "text/html/html");
	}

	@ParameterizedTest
	@MethodSource("absurdAccepts")
	void noAcceptHeaderFailsARefusal(String accept) {
		RawClient.Response response = envelopes.get("/raw-never", "Accept: " + accept);
		assertThat(response.status()).isEqualTo(503);
		assertThat(response.header("content-type")).isEqualTo("application/json");
		assertThat(response.body()).startsWith("{\"code\":503,");
	}

	@ParameterizedTest
	@CsvSource(delimiter = '|',
			value = { "text/plain", "text/html", "text/html,application/xhtml+xml", "text/*;q=0.5" })
	void aClientThatTakesTextAndNoJsonGetsText(String accept) {
		RawClient.Response response = envelopes.get("/raw-never", "Accept: " + accept);
		assertThat(response.status()).isEqualTo(503);
		assertThat(response.header("content-type")).isEqualTo("text/plain;charset=UTF-8");
		assertThat(response.body())
			.isEqualTo("503 The request was not answered in time. The request was not answered within 300ms.\n");
	}

	@Test
	void theApplicationMayWriteRefusalsItself() {
		try (TestServer server = TestServer.start(List.of(OwnWriter.class),
				"server.hardening.response.timeout=300ms")) {
			RawClient.Response response = server.get("/never");
			assertThat(response.status()).isEqualTo(503);
			assertThat(response.header("x-refused-by")).isEqualTo("response");
		}
	}

	@Test
	void aWriterThatFailsDoesNotFailTheRefusal() {
		for (Class<?> writer : List.of(ThrowingWriter.class, FailingWriter.class)) {
			try (TestServer server = TestServer.start(List.of(writer), "server.hardening.response.timeout=300ms")) {
				RawClient.Response response = server.get("/never");
				assertThat(response.status()).isEqualTo(503);
				assertThat(response.body()).isEmpty();
			}
		}
	}

	/**
	 * A writer of the application's own.
	 */
	static class OwnWriter {

		@Bean
		RejectionWriter writer() {
			return (exchange, rejection) -> {
				exchange.getResponse().setStatusCode(rejection.status());
				exchange.getResponse().getHeaders().set("X-Refused-By", rejection.guard());
				return exchange.getResponse().setComplete();
			};
		}

	}

	/**
	 * A writer that throws.
	 */
	static class ThrowingWriter {

		@Bean
		RejectionWriter writer() {
			return (exchange, rejection) -> {
				throw new IllegalStateException("no");
			};
		}

	}

	/**
	 * A writer that fails.
	 */
	static class FailingWriter {

		@Bean
		RejectionWriter writer() {
			return (exchange, rejection) -> Mono.error(new IllegalStateException("no"));
		}

	}

}
