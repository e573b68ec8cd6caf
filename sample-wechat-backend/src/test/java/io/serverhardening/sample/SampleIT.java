package io.serverhardening.sample;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;

import io.serverhardening.sample.simulator.Simulations;
import org.junit.jupiter.api.Test;

import org.springframework.beans.factory.annotation.Value;
import org.springframework.boot.test.context.SpringBootTest;
import org.springframework.boot.test.context.SpringBootTest.WebEnvironment;
import org.springframework.test.context.ActiveProfiles;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIOException;
import static org.awaitility.Awaitility.await;

/**
 * The demo on a real socket, with its own settings and a shorter patience.
 */
@SpringBootTest(webEnvironment = WebEnvironment.RANDOM_PORT,
		properties = { "server.hardening.routes.report.response.timeout=1s",
				"management.prometheus.metrics.export.enabled=true" })
@ActiveProfiles("demo")
class SampleIT {

	private static final AtomicInteger NONCES = new AtomicInteger();

	private final HttpClient client = HttpClient.newHttpClient();

	@Value("${local.server.port}")
	private int port;

	@Value("${local.management.port}")
	private int managementPort;

	private HttpResponse<String> get(String target) {
		return send(request(target).build());
	}

	private HttpResponse<String> actuator(String target) {
		return send(HttpRequest.newBuilder(URI.create("http://localhost:" + this.managementPort + "/actuator" + target))
			.build());
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

	// As WeChat signs, with the token of its documentation.
	private static String signed() {
		String timestamp = Long.toString(System.currentTimeMillis() / 1000);
		String nonce = Integer.toString(NONCES.incrementAndGet());
		String[] parts = { "AAAAA", timestamp, nonce };
		Arrays.sort(parts);
		try {
			byte[] digest = MessageDigest.getInstance("SHA-1")
				.digest(String.join("", parts).getBytes(StandardCharsets.UTF_8));
			return "signature=" + HexFormat.of().formatHex(digest) + "&timestamp=" + timestamp + "&nonce=" + nonce;
		}
		catch (NoSuchAlgorithmException ex) {
			throw new AssertionError(ex);
		}
	}

	private static String forged() {
		return signed().replaceFirst("nonce=", "nonce=1");
	}

	@Test
	void listensOnThisHostAlone() {
		for (int each : new int[] { this.port, this.managementPort }) {
			assertThatIOException().isThrownBy(() -> {
				try (Socket socket = new Socket()) {
					socket.connect(new InetSocketAddress("127.0.0.2", each), 2000);
				}
			});
		}
	}

	@Test
	void answersTheSignedEcho() {
		HttpResponse<String> response = get("/wechat/push?" + signed() + "&echostr=4375120948345356249");
		assertThat(response.statusCode()).isEqualTo(200);
		assertThat(response.body()).isEqualTo("4375120948345356249");
		assertThat(response.headers().firstValue("content-type"))
			.hasValueSatisfying((type) -> assertThat(type).startsWith("text/plain"));
	}

	@Test
	void doesNotEchoWhatIsNotSigned() {
		HttpResponse<String> response = get("/wechat/push?" + forged() + "&echostr=%3Cscript%3E");
		assertThat(response.statusCode()).isEqualTo(401);
		assertThat(response.body()).doesNotContain("script").contains("\"code\":401");
	}

	@Test
	void repliesToAMessageOnce() {
		Map<String, String> fields = Map.of("FromUserName", "u", "ToUserName", "gh", "CreateTime", "1", "MsgType",
				"text", "Content", "hi", "MsgId", "1");
		HttpResponse<String> first = push(fields);
		HttpResponse<String> copy = push(fields);
		assertThat(first.statusCode()).isEqualTo(200);
		assertThat(Simulations.open(first.body())).contains("You said: hi");
		assertThat(Simulations.open(copy.body())).isEqualTo(Simulations.open(first.body()));
		assertThat(get("/api/ledger?prefix=u%201").body()).isEqualTo("{\"u 1 text\":1}");
	}

	private HttpResponse<String> push(Map<String, String> fields) {
		List<String> push = Simulations.push(fields);
		return post("/wechat/push?" + push.get(0), push.get(1));
	}

	@Test
	void refusesForgedAndOversizedMessages() {
		List<String> push = Simulations.push(Map.of("FromUserName", "u", "MsgId", "2"));
		List<String> other = Simulations.push(Map.of("FromUserName", "u", "MsgId", "3"));
		assertThat(post("/wechat/push?" + push.get(0), other.get(1)).statusCode()).isEqualTo(401);
		assertThat(post("/wechat/push", push.get(1)).statusCode()).isEqualTo(401);
		assertThat(post("/wechat/push?" + push.get(0), "").statusCode()).isEqualTo(400);
		assertThat(post("/wechat/push?" + push.get(0), "<xml>" + "x".repeat(70_000) + "</xml>").statusCode())
			.isEqualTo(413);
	}

	// What signs a query without a body would sign any body.
	@Test
	void takesPushesInTheModeOfTheAccountOnly() {
		String plain = "<xml><FromUserName>victim</FromUserName><CreateTime>1</CreateTime><MsgType>text</MsgType>"
				+ "<Content>hi</Content><MsgId>1</MsgId></xml>";
		assertThat(post("/wechat/push?" + signed(), plain).statusCode()).isEqualTo(401);
		String overheard = Simulations.push(Map.of("FromUserName", "u", "MsgId", "4")).get(0);
		assertThat(post("/wechat/push?" + overheard, plain).statusCode()).isEqualTo(401);
		for (String path : List.of("/wechat/push/plain", "/wechat/push/compatible", "/wechat/push/safe")) {
			assertThat(post(path + "?" + signed(), plain).statusCode()).isEqualTo(404);
		}
		assertThat(get("/api/ledger?prefix=victim").body()).isEqualTo("{}");
	}

	@Test
	void aReceiptIsForWhoeverOrdered() {
		HttpResponse<String> partner = order("{\"item\":\"tea\"}", "Idempotency-Key", "order-2");
		HttpResponse<String> user = send(request("/api/orders").header("Idempotency-Key", "order-2")
			.header("Content-Type", "application/json")
			.header("X-Api-Key", "demo-user")
			.POST(BodyPublishers.ofString("{\"item\":\"tea\"}"))
			.build());
		assertThat(user.statusCode()).isEqualTo(201);
		assertThat(user.headers().firstValue("idempotent-replayed")).isEmpty();
		assertThat(user.body()).isNotEqualTo(partner.body());
	}

	@Test
	void ordersOnce() {
		HttpResponse<String> first = order("{\"item\":\"tea\"}", "Idempotency-Key", "order-1");
		HttpResponse<String> copy = order("{\"item\":\"tea\"}", "Idempotency-Key", "order-1");
		assertThat(first.statusCode()).isEqualTo(201);
		assertThat(copy.statusCode()).isEqualTo(201);
		assertThat(copy.body()).isEqualTo(first.body()).contains("\"item\":\"tea\"");
		assertThat(copy.headers().firstValue("idempotent-replayed")).hasValue("true");
		assertThat(order("{\"item\":\"coffee\"}", "Idempotency-Key", "order-1").statusCode()).isEqualTo(422);
		assertThat(order("{\"item\":\"tea\"}", "X-Other", "1").statusCode()).isEqualTo(400);
		String number = first.body().replaceFirst(".*\"number\":\"(\\w+)\".*", "$1");
		assertThat(get("/api/ledger?prefix=order%20" + number).body()).isEqualTo("{\"order " + number + "\":1}");
	}

	private HttpResponse<String> order(String body, String header, String value) {
		return send(request("/api/orders").header(header, value)
			.header("Content-Type", "application/json")
			.header("X-Api-Key", "demo-partner")
			.POST(BodyPublishers.ofString(body))
			.build());
	}

	@Test
	void holdsAgainstASenderThatRepeatsItself() throws InterruptedException {
		String seen = Simulations.run("--targets=http://localhost:" + this.port, "--seconds=1", "--rate=40",
				"--copies=3");
		assertThat(seen).contains("| text | 28 | 84 | 28 | 0 | 0 |")
			.contains("| mini | 8 | 24 | 0 | 8 | 0 |")
			.contains("| event | 4 | 12 | 4 | 0 | 0 |")
			.containsPattern("text .* 28 \\| 0 \\| 0 \\|");
	}

	@Test
	void answersTheMiniProgram() {
		assertThat(get("/api/ping").body()).isEqualTo("{\"pong\":true}");
		assertThat(get("/api/report?ms=1").body()).contains("\"tookMs\":1", "\"allowedMs\":");
		assertThat(get("/api/report?ms=-1").statusCode()).isEqualTo(400);
		assertThat(get("/api/report").body()).contains("\"rows\":42", "\"allowedMs\":");
		assertThat(post("/api/upload", "x".repeat(100_000)).body()).isEqualTo("{\"bytes\":100000}");
		assertThat(get("/nothing").body()).contains("\"code\":404", "\"traceId\":");
	}

	@Test
	void strangersAndPartnersHaveDifferentLimits() {
		assertThat(get("/api/ping").headers().firstValue("ratelimit-policy")).hasValue("\"default\";q=20;w=10");
		assertThat(sendWithKey("demo-partner").headers().firstValue("ratelimit-policy"))
			.hasValue("\"default.partner\";q=1000;w=10");
		assertThat(sendWithKey("invented").headers().firstValue("ratelimit-policy")).hasValue("\"default\";q=20;w=10");
		assertThat(sendWithKey("demo-user").statusCode()).isEqualTo(200);
		// On a slow day more than one period's worth.
		await().pollInterval(Duration.ZERO).until(() -> sendWithKey("demo-user").statusCode() == 429);
		assertThat(get("/wechat/push?" + signed() + "&echostr=1").headers().firstValue("ratelimit")).isEmpty();
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
			assertThat(actuator("/health").body()).contains("\"openBreakers\":[\"report\"]");
		}
		finally {
			put("/api/dependency/up");
		}
		await().atMost(Duration.ofSeconds(15))
			.pollInterval(Duration.ofMillis(200))
			.until(() -> partner("/api/report?ms=1").body().contains("\"rows\":42"));
		await().until(() -> {
			partner("/api/report?ms=1");
			return !actuator("/health").body().contains("openBreakers");
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
			await().until(() -> actuator("/hardening/concurrency").body().contains("\"inFlight\":20"));
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
		await().until(() -> actuator("/hardening/concurrency").body().contains("\"inFlight\":0"));
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
		assertThat(actuator("/prometheus").body())
			.containsPattern("server_hardening_rejections_total\\{[^}]*guard=\"response\"[^}]*outcome=\"refused\""
					+ "[^}]*reason=\"deadline-exceeded\"[^}]*route=\"report\"[^}]*} [1-9]");
	}

	@Test
	void showsSettingsWithTheirOrigin() {
		assertThat(actuator("/hardening").body()).contains("\"server.hardening.errors.format\":"
				+ "{\"value\":\"envelope\",\"origin\":\"class path resource [application.yml]");
		assertThat(actuator("/hardening/routes").statusCode()).isEqualTo(200);
		assertThat(actuator("/hardening/nothing").statusCode()).isEqualTo(404);
	}

}
