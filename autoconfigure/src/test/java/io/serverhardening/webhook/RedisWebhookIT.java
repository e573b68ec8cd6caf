package io.serverhardening.webhook;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.HexFormat;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;

import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

import io.serverhardening.testing.RawClient;
import io.serverhardening.testing.TestRedis;
import io.serverhardening.testing.TestServer;
import io.serverhardening.webhook.sender.Signatures;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestBody;
import org.springframework.web.bind.annotation.RestController;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * Pushes to several instances over one Redis, and what becomes of them when it fails.
 */
class RedisWebhookIT {

	private static final String PREFIX = "server.hardening.";

	/** A machine that is busy elsewhere is not a store that is down. */
	private static final String PATIENT = ".deduplication.store-timeout=5s";

	private static final AtomicInteger NONCES = new AtomicInteger();

	private static TestRedis redis;

	private static TestServer one;

	private static TestServer two;

	@BeforeAll
	static void start() {
		redis = TestRedis.embedded();
		one = startOn(redis);
		two = startOn(redis);
	}

	@AfterAll
	static void stop() {
		one.close();
		two.close();
		redis.close();
	}

	private static TestServer startOn(TestRedis redis) {
		return TestServer.start(redis, List.of(Pushes.class), "spring.application.name=shop",
				"management.endpoints.web.exposure.include=*", "management.endpoint.health.show-details=always",
				"management.health.redis.enabled=false", PREFIX + "webhook.pay.sender=hmac",
				PREFIX + "webhook.pay.secrets=secret", PREFIX + "webhook.pay.hmac.nonce-header=X-Nonce",
				PREFIX + "webhook.pay.hmac.signed={nonce}.{body}", PREFIX + "webhook.account.sender=wechat",
				PREFIX + "webhook.account.encryption=plain", PREFIX + "webhook.account.secrets=AAAAA",
				PREFIX + "webhook.hub.sender=github", PREFIX + "webhook.hub.secrets=secret",
				PREFIX + "routes.pay.path=/pay", PREFIX + "routes.pay.webhook=pay", PREFIX + "routes.once.path=/once",
				PREFIX + "routes.once.webhook=account", PREFIX + "routes.once.response.timeout=4500ms",
				PREFIX + "routes.once.deduplication.key=body", PREFIX + "routes.once" + PATIENT,
				PREFIX + "routes.strict.path=/strict", PREFIX + "routes.strict.webhook=pay",
				PREFIX + "routes.strict.deduplication.key=body",
				PREFIX + "routes.strict.deduplication.on-store-failure=reject", PREFIX + "routes.alone.path=/alone",
				PREFIX + "routes.alone.webhook=pay", PREFIX + "routes.alone.deduplication.key=body",
				PREFIX + "routes.alone.deduplication.store=memory", PREFIX + "routes.hub.path=/hub",
				PREFIX + "routes.hub.webhook=hub", PREFIX + "routes.hub.response.timeout=9s");
	}

	private static String nonce() {
		return "n" + NONCES.incrementAndGet();
	}

	private static RawClient.Response post(TestServer server, String target, String body, String... headers) {
		try (RawClient client = server.connect()) {
			String[] all = new String[headers.length + 2];
			System.arraycopy(headers, 0, all, 0, headers.length);
			all[headers.length] = "Content-Type: text/plain";
			all[headers.length + 1] = "Content-Length: " + body.length();
			return client.send("POST", target, all).write(body).response();
		}
	}

	private static int pay(TestServer server, String path, String nonce, String body) throws Exception {
		Mac mac = Mac.getInstance("HmacSHA256");
		mac.init(new SecretKeySpec("secret".getBytes(StandardCharsets.UTF_8), "HmacSHA256"));
		String signature = HexFormat.of().formatHex(mac.doFinal((nonce + "." + body).getBytes(StandardCharsets.UTF_8)));
		return post(server, path, body, "X-Signature: " + signature, "X-Nonce: " + nonce).status();
	}

	private static String query(String nonce) {
		String timestamp = Long.toString(System.currentTimeMillis() / 1000);
		return "?signature=" + Signatures.sorted("AAAAA", timestamp, nonce) + "&timestamp=" + timestamp + "&nonce="
				+ nonce;
	}

	// Each time with another: where this machine is busy elsewhere an instance may decide
	// alone.
	private static void awaitShared(TestServer one, TestServer two) {
		await().atMost(Duration.ofSeconds(20)).untilAsserted(() -> {
			String nonce = nonce();
			assertThat(pay(one, "/pay", nonce, "paid")).isEqualTo(200);
			assertThat(pay(two, "/pay", nonce, "paid")).isEqualTo(401);
		});
	}

	@Test
	void refusesACapturedPushOnAnotherInstance() {
		awaitShared(one, two);
		awaitShared(two, one);
	}

	@Test
	void takesOnAnotherInstanceWhatFailedOnTheFirst() {
		await().atMost(Duration.ofSeconds(20)).untilAsserted(() -> {
			String nonce = nonce();
			long before = redis.keys("*{nonce-pay-*");
			assertThat(pay(one, "/pay", nonce, "fail once " + nonce)).isEqualTo(500);
			await().until(() -> redis.keys("*{nonce-pay-*") == before);
			assertThat(pay(two, "/pay", nonce, "fail once " + nonce)).isEqualTo(200);
			assertThat(pay(one, "/pay", nonce, "fail once " + nonce)).isEqualTo(401);
		});
	}

	// Reactor lets such an error fly past whoever waits.
	@Test
	void answersWhereAHandlerFailsWithAnError() throws Exception {
		awaitShared(one, two);
		assertThat(pay(one, "/pay", nonce(), "overflow")).isEqualTo(500);
	}

	@Test
	void refusesOnAnotherInstanceWhatIsNotUnderTheSignature() {
		String target = "/once" + query(nonce());
		RawClient.Response first = post(one, target, "<xml><MsgId>1</MsgId></xml>");
		assertThat(first.status()).isEqualTo(200);
		assertThat(post(two, target, "<xml><MsgId>2</MsgId></xml>").status()).isEqualTo(401);
		// The sender itself, trying again.
		RawClient.Response copy = post(two, target, "<xml><MsgId>1</MsgId></xml>");
		assertThat(copy.status()).isEqualTo(200);
		assertThat(copy.body()).isEqualTo(first.body());
	}

	@Test
	void keepsNothingOfAPushButHashes() {
		redis.flush();
		assertThat(post(one, "/once" + query("visible"), "<xml><MsgId>3</MsgId></xml>").status()).isEqualTo(200);
		assertThat(redis.key("*{nonce-account-*"))
			.matches("server-hardening:shop:message:\\{nonce-account-[0-9a-f]{32}}");
	}

	@Test
	void sharesWhereMessagesAreShared() throws Exception {
		assertThat(pay(one, "/alone", nonce(), "paid " + nonce())).isEqualTo(200);
		assertThat(one.get("/actuator/hardening/webhook").body()).contains("\"noncesSharedOn\":[\"strict\",\"pay\"]",
				"\"noncesSharedOn\":[\"once\"]", "\"noncesSharedOn\":[]", "\"nonceStoreUp\":true");
		assertThat(one.get("/actuator/health").body()).doesNotContain("storesDown");
	}

	@Test
	void goesOnAloneWhileRedisIsStopped() throws Exception {
		try (TestRedis redis = TestRedis.embedded(); TestServer one = startOn(redis); TestServer two = startOn(redis)) {
			awaitShared(one, two);
			String failed = nonce();
			assertThat(pay(one, "/strict", failed, "fail once " + failed)).isEqualTo(500);
			redis.stop();
			String nonce = nonce();
			assertThat(pay(one, "/pay", nonce, "paid")).isEqualTo(200);
			assertThat(pay(one, "/pay", nonce, "paid")).isEqualTo(401);
			assertThat(pay(one, "/pay", nonce, "more")).isEqualTo(401);
			String strict = nonce();
			assertThat(pay(one, "/strict", strict, "paid " + strict)).isEqualTo(503);
			assertThat(pay(two, "/strict", strict, "paid " + strict)).isEqualTo(503);
			assertThat(one.get("/actuator/hardening/webhook").body())
				.contains("\"nonceStoreUp\":false", "\"store-unavailable\":1")
				.containsPattern("\"noncesUnshared\":[1-9]");
			assertThat(one.get("/actuator/health").body()).contains("\"storesDown\":[\"strict\",\"once\",\"pay\"]");
			redis.start();
			awaitShared(one, two);
			awaitShared(two, one);
			assertThat(pay(one, "/pay", nonce, "paid")).isEqualTo(401);
			await().atMost(Duration.ofSeconds(20))
				.untilAsserted(() -> assertThat(pay(two, "/strict", strict, "paid " + strict)).isEqualTo(200));
			await().atMost(Duration.ofSeconds(20))
				.untilAsserted(() -> assertThat(pay(two, "/strict", failed, "fail once " + failed)).isEqualTo(200));
		}
	}

	/**
	 * What is done with pushes.
	 */
	@RestController
	static class Pushes {

		private static final AtomicInteger RUNS = new AtomicInteger();

		private static volatile String failed = "";

		@PostMapping({ "/pay", "/once", "/strict", "/alone", "/hub" })
		String take(@RequestBody String body) {
			if (body.equals("overflow")) {
				throw new StackOverflowError("Planted");
			}
			if (body.startsWith("fail once") && !body.equals(failed)) {
				failed = body;
				throw new IllegalStateException("The first one fails");
			}
			return "run " + RUNS.incrementAndGet();
		}

	}

}
