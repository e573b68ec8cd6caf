package io.serverhardening.sample;

import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

import org.junit.jupiter.api.Test;

import org.springframework.boot.test.autoconfigure.actuate.observability.AutoConfigureObservability;
import org.springframework.boot.test.context.SpringBootTest;
import org.springframework.boot.test.context.SpringBootTest.WebEnvironment;
import org.springframework.boot.test.web.server.LocalServerPort;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * The sample on a real socket, with its own settings and a shorter patience.
 */
@SpringBootTest(webEnvironment = WebEnvironment.RANDOM_PORT,
		properties = "server.hardening.routes.report.response.timeout=1s")
@AutoConfigureObservability
class SampleIT {

	private static final String SIGNED = "signature=f464b24fc39322e44b38aa78f5edd27bd1441696"
			+ "&timestamp=1714036504&nonce=1514711492";

	private static final String FORGED = "signature=0464b24fc39322e44b38aa78f5edd27bd1441696"
			+ "&timestamp=1714036504&nonce=1514711492";

	private final HttpClient client = HttpClient.newHttpClient();

	@LocalServerPort
	private int port;

	private HttpResponse<String> get(String target) {
		return send(request(target).build());
	}

	private HttpResponse<String> post(String target, String body) {
		return send(request(target).POST(BodyPublishers.ofString(body)).build());
	}

	private HttpRequest.Builder request(String target) {
		return HttpRequest.newBuilder(URI.create("http://localhost:" + this.port + target));
	}

	private HttpResponse<String> send(HttpRequest request) {
		try {
			return this.client.send(request, BodyHandlers.ofString());
		}
		catch (IOException ex) {
			throw new AssertionError(ex);
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt();
			throw new AssertionError(ex);
		}
	}

	@Test
	void answersTheSignedEcho() {
		HttpResponse<String> response = get("/wechat/push?" + SIGNED + "&echostr=4375120948345356249");
		assertThat(response.statusCode()).isEqualTo(200);
		assertThat(response.body()).isEqualTo("4375120948345356249");
		assertThat(response.headers().firstValue("content-type"))
			.hasValueSatisfying((type) -> assertThat(type).startsWith("text/plain"));
	}

	@Test
	void doesNotEchoWhatIsNotSigned() {
		HttpResponse<String> response = get("/wechat/push?" + FORGED + "&echostr=%3Cscript%3E");
		assertThat(response.statusCode()).isEqualTo(401);
		assertThat(response.body()).doesNotContain("script").contains("\"code\":401");
	}

	@Test
	void acknowledgesASignedMessage() {
		HttpResponse<String> response = post("/wechat/push?" + SIGNED,
				"<xml><MsgType><![CDATA[text]]></MsgType></xml>");
		assertThat(response.statusCode()).isEqualTo(200);
		assertThat(response.body()).isEqualTo("success");
	}

	@Test
	void refusesForgedMalformedAndOversizedMessages() {
		assertThat(post("/wechat/push?" + FORGED, "<xml/>").statusCode()).isEqualTo(401);
		assertThat(post("/wechat/push?" + SIGNED, "<!DOCTYPE xml><xml/>").statusCode()).isEqualTo(400);
		assertThat(post("/wechat/push?" + SIGNED, "").statusCode()).isEqualTo(400);
		assertThat(post("/wechat/push?" + SIGNED, "<xml>" + "x".repeat(70_000) + "</xml>").statusCode()).isEqualTo(413);
		assertThat(post("/wechat/push", "<xml/>").statusCode()).isEqualTo(400);
	}

	@Test
	void answersTheMiniProgram() {
		assertThat(get("/api/ping").body()).isEqualTo("{\"pong\":true}");
		assertThat(get("/api/report?ms=1").body()).contains("\"tookMs\":1", "\"allowedMs\":");
		assertThat(get("/api/report?ms=-1").statusCode()).isEqualTo(400);
		assertThat(post("/api/upload", "x".repeat(100_000)).body()).isEqualTo("{\"bytes\":100000}");
		assertThat(get("/nothing").body()).contains("\"code\":404", "\"traceId\":");
	}

	@Test
	void strangersAndPartnersHaveDifferentLimits() {
		assertThat(get("/api/ping").headers().firstValue("ratelimit-policy")).hasValue("\"default\";q=20;w=10");
		assertThat(sendWithKey("demo-partner").headers().firstValue("ratelimit-policy"))
			.hasValue("\"default.partner\";q=1000;w=10");
		assertThat(sendWithKey("invented").headers().firstValue("ratelimit-policy")).hasValue("\"default\";q=20;w=10");
		List<Integer> statuses = new ArrayList<>();
		for (int i = 0; i < 110; i++) {
			statuses.add(sendWithKey("demo-user").statusCode());
		}
		assertThat(statuses).contains(200, 429);
		assertThat(get("/wechat/push?" + SIGNED + "&echostr=1").headers().firstValue("ratelimit")).isEmpty();
	}

	private HttpResponse<String> sendWithKey(String key) {
		return send(request("/api/ping").header("X-Api-Key", key).build());
	}

	@Test
	void aBrokenDependencyGetsAFallback() {
		put("/api/dependency/down");
		try {
			List<Integer> statuses = new ArrayList<>();
			HttpResponse<String> last = null;
			for (int i = 0; i < 7; i++) {
				last = partner("/api/report?ms=1");
				statuses.add(last.statusCode());
			}
			assertThat(statuses).startsWith(502).endsWith(200);
			assertThat(last.body()).isEqualTo("{\"rows\":0,\"stale\":true}");
			assertThat(get("/actuator/health").body()).contains("\"openBreakers\":[\"report\"]");
		}
		finally {
			put("/api/dependency/up");
		}
		await().atMost(Duration.ofSeconds(15))
			.pollInterval(Duration.ofMillis(200))
			.until(() -> partner("/api/report?ms=1").body().contains("\"rows\":42"));
		await().until(() -> {
			partner("/api/report?ms=1");
			return !get("/actuator/health").body().contains("openBreakers");
		});
		assertThat(send(request("/api/dependency/wobbly").header("X-Api-Key", "demo-partner")
			.PUT(BodyPublishers.noBody())
			.build()).statusCode()).isEqualTo(400);
	}

	@Test
	void takesTwentyUploadsAtOnce() throws IOException {
		List<Socket> uploads = new ArrayList<>();
		try {
			for (int i = 0; i < 20; i++) {
				Socket upload = new Socket(InetAddress.getLoopbackAddress(), this.port);
				uploads.add(upload);
				upload.getOutputStream()
					.write(("POST /api/upload HTTP/1.1\r\nHost: localhost\r\nX-Api-Key: demo-partner\r\n"
							+ "Content-Length: 1000\r\n\r\nthe rest comes later")
						.getBytes(StandardCharsets.US_ASCII));
			}
			await().until(() -> get("/actuator/hardening/concurrency").body().contains("\"inFlight\":20"));
			HttpResponse<String> refused = send(request("/api/upload").header("X-Api-Key", "demo-partner")
				.POST(BodyPublishers.ofString("one too many"))
				.build());
			assertThat(refused.statusCode()).isEqualTo(503);
			assertThat(refused.headers().firstValue("retry-after")).hasValue("1");
		}
		finally {
			for (Socket upload : uploads) {
				upload.close();
			}
		}
		await().until(() -> get("/actuator/hardening/concurrency").body().contains("\"inFlight\":0"));
	}

	private HttpResponse<String> partner(String target) {
		return send(request(target).header("X-Api-Key", "demo-partner").build());
	}

	private void put(String target) {
		HttpResponse<String> response = send(
				request(target).header("X-Api-Key", "demo-partner").PUT(BodyPublishers.noBody()).build());
		assertThat(response.statusCode()).isEqualTo(200);
	}

	@Test
	void showsARefusalInPrometheus() {
		HttpResponse<String> refused = get("/api/report?ms=5000");
		assertThat(refused.statusCode()).isEqualTo(504);
		assertThat(refused.body()).contains("\"code\":504", "\"route\":\"report\"");
		assertThat(get("/actuator/prometheus").body())
			.containsPattern("server_hardening_rejections_total\\{[^}]*guard=\"response\"[^}]*outcome=\"refused\""
					+ "[^}]*reason=\"deadline-exceeded\"[^}]*route=\"report\"[^}]*} [1-9]");
	}

	@Test
	void showsSettingsWithTheirOrigin() {
		assertThat(get("/actuator/hardening").body()).contains("\"server.hardening.errors.format\":"
				+ "{\"value\":\"envelope\",\"origin\":\"class path resource [application.yml]");
		assertThat(get("/actuator/hardening/routes").statusCode()).isEqualTo(200);
		assertThat(get("/actuator/hardening/nothing").statusCode()).isEqualTo(404);
	}

}
