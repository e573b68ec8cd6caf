package io.serverhardening.webhook;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;

import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

import io.serverhardening.Ending;
import io.serverhardening.WebhookMessage;
import io.serverhardening.deduplication.DeduplicationGuard;
import io.serverhardening.internal.message.XmlFields;
import io.serverhardening.testing.Heap;
import io.serverhardening.testing.RawClient;
import io.serverhardening.testing.TestServer;
import io.serverhardening.testing.TestServers;
import io.serverhardening.webhook.sender.Signatures;
import io.serverhardening.webhook.wechat.WechatVectors;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;
import reactor.core.scheduler.Schedulers;

import org.springframework.core.io.buffer.DataBufferUtils;
import org.springframework.http.ResponseEntity;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestBody;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.RestController;
import org.springframework.web.server.ServerWebExchange;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * Pushes on a real socket.
 */
class WebhookIT {

	private static final String HOOK = "server.hardening.webhook.account.";

	private static final String ROUTE = "server.hardening.routes.push.";

	private static final String TEXT = "<xml><ToUserName>gh</ToUserName><FromUserName>%s</FromUserName>"
			+ "<CreateTime>1</CreateTime><MsgType>text</MsgType><Content>%s</Content><MsgId>%s</MsgId></xml>";

	private static final String DEDUPLICATED = ROUTE + "deduplication.key=wechat";

	private static final String[] WECHAT = { HOOK + "sender=wechat", HOOK + "secrets=AAAAA",
			HOOK + "app-id=" + WechatVectors.APP_ID, HOOK + "aes-keys=" + WechatVectors.AES_KEY,
			ROUTE + "path=/push/**", ROUTE + "webhook=account", ROUTE + "response.timeout=4500ms" };

	@RegisterExtension
	static final TestServers servers = new TestServers();

	private static int test;

	@BeforeEach
	void begin() {
		test++;
	}

	private static TestServer startDeduplicated(String... properties) {
		return TestServer.start(List.of(Pushes.class), with(WECHAT, with(new String[] { DEDUPLICATED }, properties)));
	}

	// What its handlers have done for other tests is forgotten.
	private static TestServer shared(String... properties) {
		TestServer server = servers.with(List.of(Pushes.class), with(WECHAT, properties));
		server.bean(Pushes.class).forget();
		return server;
	}

	private static TestServer sharedDeduplicated(String... properties) {
		return shared(with(new String[] { DEDUPLICATED }, properties));
	}

	private static String[] with(String[] some, String... more) {
		return Stream.concat(Stream.of(some), Stream.of(more)).toArray(String[]::new);
	}

	// No other test has this message, nor the nonces below.
	private static String text(String user, String content, String id) {
		return TEXT.formatted(user, content, test + "000" + id);
	}

	private static String now() {
		return Long.toString(System.currentTimeMillis() / 1000);
	}

	private static RawClient begin(TestServer server, String target, String body, String... headers) {
		List<String> all = new ArrayList<>(List.of(headers));
		all.add("Content-Type: text/xml");
		all.add("Content-Length: " + body.getBytes(StandardCharsets.UTF_8).length);
		return server.connect().send("POST", target, all.toArray(String[]::new)).write(body);
	}

	private static RawClient.Response post(TestServer server, String target, String body, String... headers) {
		try (RawClient client = begin(server, target, body, headers)) {
			return client.response();
		}
	}

	private static String plain(String path, String name) {
		String nonce = test + "n" + name;
		String timestamp = now();
		return path + "?signature=" + Signatures.sorted(WechatVectors.TOKEN, timestamp, nonce) + "&timestamp="
				+ timestamp + "&nonce=" + nonce;
	}

	private static RawClient beginSafe(TestServer server, String path, String name, String message) {
		String nonce = test + "n" + name;
		String encrypted = WechatVectors.encrypt(message,
				nonce.repeat(16).substring(0, 16).getBytes(StandardCharsets.UTF_8));
		String timestamp = now();
		String target = path + "?encrypt_type=aes&timestamp=" + timestamp + "&nonce=" + nonce + "&msg_signature="
				+ Signatures.sorted(WechatVectors.TOKEN, timestamp, nonce, encrypted);
		return begin(server, target, "<xml><ToUserName>gh</ToUserName><Encrypt>" + encrypted + "</Encrypt></xml>");
	}

	private static RawClient.Response safe(TestServer server, String path, String nonce, String message) {
		try (RawClient client = beginSafe(server, path, nonce, message)) {
			return client.response();
		}
	}

	private static String decrypted(RawClient.Response response) {
		Map<String, String> fields = XmlFields.read(response.body().getBytes(StandardCharsets.UTF_8));
		String encrypted = fields.get("/xml/Encrypt");
		assertThat(fields.get("/xml/MsgSignature")).isEqualTo(Signatures.sorted(WechatVectors.TOKEN,
				fields.get("/xml/TimeStamp"), fields.get("/xml/Nonce"), encrypted));
		return WechatVectors.decrypt(encrypted);
	}

	private static int records(TestServer server) {
		return deduplication(server).state().records().local().size();
	}

	@Test
	void provesTheAddress() {
		TestServer server = shared(HOOK + "encryption=plain");
		RawClient.Response response = server.get(plain("/push/text", "7") + "&echostr=12345");
		assertThat(response.status()).isEqualTo(200);
		assertThat(response.body()).isEqualTo("12345");
		assertThat(response.header("content-type")).startsWith("text/plain");
		assertThat(server.get("/push/text?signature=x&timestamp=1&nonce=2&echostr=12345").status()).isEqualTo(401);
	}

	// Reactor lets such an error fly past whoever waits.
	@Test
	void answersWhereAHandlerFailsWithAnError() {
		TestServer server = shared(HOOK + "encryption=plain");
		String target = plain("/push/overflows", "1");
		assertThat(post(server, target, text("u", "hi", "1")).status()).isEqualTo(500);
		// Its sender may come again.
		assertThat(post(server, target, text("u", "hi", "1")).status()).isEqualTo(500);
	}

	@Test
	void handsOnAPlainMessageAndItsReply() {
		TestServer server = sharedDeduplicated(HOOK + "encryption=plain");
		RawClient.Response first = post(server, plain("/push/text", "1"), text("u", "hi", "1"));
		RawClient.Response copy = post(server, plain("/push/text", "2"), text("u", "hi", "1"));
		assertThat(first.body()).isEqualTo("<xml>1: hi</xml>");
		assertThat(copy.body()).isEqualTo(first.body());
		assertThat(server.bean(Pushes.class).runs.get()).isEqualTo(1);
		assertThat(post(server, plain("/push/text", "3"), text("other", "hi", "1")).body())
			.isEqualTo("<xml>2: hi</xml>");
	}

	@Test
	void decryptsAndEncryptsAnewForEachAttempt() {
		TestServer server = sharedDeduplicated();
		RawClient.Response first = safe(server, "/push/text", "1", text("u", "hi", "1"));
		RawClient.Response copy = safe(server, "/push/text", "2", text("u", "hi", "1"));
		assertThat(first.status()).isEqualTo(200);
		assertThat(decrypted(first)).isEqualTo("<xml>1: hi</xml>");
		assertThat(decrypted(copy)).isEqualTo("<xml>1: hi</xml>");
		assertThat(copy.body()).isNotEqualTo(first.body());
		assertThat(server.bean(Pushes.class).runs.get()).isEqualTo(1);
	}

	@Test
	void doesNotEncryptWhatSaysOnlyThatItWasTaken() {
		TestServer server = sharedDeduplicated();
		assertThat(safe(server, "/push/success", "1", text("u", "hi", "1")).body()).isEqualTo("success");
		assertThat(safe(server, "/push/empty", "2", text("u", "hi", "2")).body()).isEmpty();
		assertThat(safe(server, "/push/body", "3", text("u", "hi", "3")).status()).isEqualTo(200);
		assertThat(server.bean(Pushes.class).body).isEqualTo(text("u", "hi", "3"));
	}

	@Test
	void leavesAnAttemptWithoutAnAnswerAndAnswersALaterOne() {
		try (TestServer server = startDeduplicated(ROUTE + "response.timeout=1s",
				ROUTE + "deduplication.run-timeout=1m")) {
			server.warmUp();
			String message = text("u", "hi", "1");
			try (RawClient first = beginSafe(server, "/push/held", "1", message)) {
				server.awaitCount("push", Ending.REFUSED, 1);
				try (RawClient second = beginSafe(server, "/push/held", "2", message)) {
					server.awaitCount("push", Ending.REFUSED, 2);
					server.bean(Pushes.class).hold.tryEmitEmpty();
					await().until(() -> server.bean(Pushes.class).done.get() == 1);
					assertThat(decrypted(safe(server, "/push/held", "3", message))).isEqualTo("<xml>held</xml>");
					second.reset();
				}
				first.reset();
			}
			assertThat(server.bean(Pushes.class).runs.get()).isEqualTo(1);
			assertThat(server.meter("server.hardening.rejections", "reason", "duplicate-running")).isEqualTo(2);
		}
	}

	@Test
	void keepsTheMessageForTheHandlerWhenAnAttemptIsLeftWithoutAnAnswer() {
		try (TestServer server = startDeduplicated(ROUTE + "response.timeout=1s",
				ROUTE + "deduplication.run-timeout=20s")) {
			server.warmUp();
			String message = text("u", "2500", "1");
			try (RawClient first = beginSafe(server, "/push/late", "1", message)) {
				server.awaitCount("push", Ending.REFUSED, 1);
				await().until(() -> server.bean(Pushes.class).done.get() == 1);
				first.reset();
			}
			assertThat(server.bean(Pushes.class).body).isEqualTo(message);
			await().untilAsserted(() -> assertThat(heldBytes(server)).isZero());
		}
	}

	@Test
	void pushesThatWaitKeepOneBodyForAll() throws Exception {
		String hook = "server.hardening.webhook.pay.";
		try (TestServer server = TestServer.start(List.of(Pushes.class), hook + "sender=hmac", hook + "secrets=one",
				hook + "hmac.nonce-header=X-Nonce", hook + "hmac.signed={nonce}.{body}",
				"server.hardening.routes.pay.path=/push/**", "server.hardening.routes.pay.webhook=pay",
				"server.hardening.routes.pay.response.timeout=none",
				"server.hardening.routes.pay.deduplication.run-timeout=5m",
				"server.hardening.routes.pay.deduplication.key=body")) {
			String body = "x".repeat(250_000);
			Mac mac = Mac.getInstance("HmacSHA256");
			mac.init(new SecretKeySpec("one".getBytes(StandardCharsets.UTF_8), "HmacSHA256"));
			List<RawClient> copies = new ArrayList<>();
			try {
				long before = 0;
				for (int i = 0; i < 102; i++) {
					String signature = HexFormat.of()
						.formatHex(mac.doFinal(("n" + i + '.' + body).getBytes(StandardCharsets.UTF_8)));
					copies.add(begin(server, "/push/never", body, "X-Signature: " + signature, "X-Nonce: n" + i));
					awaitWaiting(server, i);
					if (i == 1) {
						before = Heap.used();
					}
				}
				long from = before;
				await().untilAsserted(() -> assertThat(Heap.used() - from).isLessThan(12_000_000));
			}
			finally {
				copies.forEach(RawClient::reset);
			}
		}
	}

	private static void awaitWaiting(TestServer server, int count) {
		await().until(() -> deduplication(server).state().waiting() == count);
	}

	private static DeduplicationGuard deduplication(TestServer server) {
		return server.guard(DeduplicationGuard.class);
	}

	private static long heldBytes(TestServer server) {
		return deduplication(server).state().budget().held();
	}

	@Test
	void acknowledgesTheLastAttemptWhenThereIsNoAnswerYet() {
		try (TestServer server = startDeduplicated(ROUTE + "response.timeout=1s",
				ROUTE + "deduplication.run-timeout=1m")) {
			server.warmUp();
			String message = text("u", "hi", "1");
			try (RawClient first = beginSafe(server, "/push/held", "1", message)) {
				server.awaitCount("push", Ending.REFUSED, 1);
				try (RawClient second = beginSafe(server, "/push/held", "2", message)) {
					server.awaitCount("push", Ending.REFUSED, 2);
					// On a busy machine an attempt may be told of its deadline.
					AtomicInteger attempt = new AtomicInteger(3);
					RawClient.Response last = await().until(
							() -> safe(server, "/push/held", String.valueOf(attempt.getAndIncrement()), message),
							(answer) -> answer.status() != 503);
					assertThat(last.status()).isEqualTo(200);
					assertThat(last.body()).isEqualTo("success");
					second.reset();
				}
				first.reset();
			}
			assertThat(server.bean(Pushes.class).runs.get()).isEqualTo(1);
		}
	}

	@Test
	void endsAnAttemptThatItsSenderDoesNotEnd() {
		try (TestServer server = startDeduplicated(ROUTE + "response.timeout=1s",
				ROUTE + "deduplication.run-timeout=20s")) {
			server.warmUp();
			try (RawClient first = beginSafe(server, "/push/slow", "1", text("u", "9000", "1"))) {
				long start = System.nanoTime();
				assertThat(first.end().received()).isEmpty();
				assertThat(Duration.ofNanos(System.nanoTime() - start)).isBetween(Duration.ofMillis(6500),
						Duration.ofSeconds(10));
			}
		}
	}

	@ParameterizedTest
	@ValueSource(strings = { "/push/text", "/push/text?timestamp=1&nonce=2",
			"/push/text?timestamp=1714112445&nonce=415670741&msg_signature=046e02f8204d34f8ba5fa3b1db94908f3df2e9b3" })
	void refusesWhatIsNotGenuineAndRemembersNothing(String target) {
		TestServer server = sharedDeduplicated();
		int records = records(server);
		RawClient.Response response = post(server, target,
				"<xml><Encrypt>" + WechatVectors.ENCRYPTED + "</Encrypt></xml>");
		assertThat(response.status()).isEqualTo(401);
		assertThat(response.body()).contains("signature-invalid");
		assertThat(server.bean(Pushes.class).runs.get()).isZero();
		assertThat(records(server)).isEqualTo(records);
	}

	@Test
	void refusesAPlainMessageWithARightSignatureInSafeMode() {
		TestServer server = sharedDeduplicated();
		int records = records(server);
		assertThat(post(server, plain("/push/text", "1"), text("u", "hi", "1")).status()).isEqualTo(401);
		assertThat(records(server)).isEqualTo(records);
	}

	@Test
	void refusesWhatItCannotRead() {
		try (TestServer server = startDeduplicated(HOOK + "encryption=plain", ROUTE + "request.max-body-size=4KB")) {
			assertThat(post(server, plain("/push/text", "1"), "<xml><MsgId>1").status()).isEqualTo(400);
			assertThat(post(server, plain("/push/text", "2"),
					"<!DOCTYPE x [<!ENTITY e SYSTEM \"file:///etc/passwd\">]><xml><Content>&e;</Content></xml>")
				.status()).isEqualTo(400);
			assertThat(post(server, plain("/push/text", "3"), "<xml>" + "<a>".repeat(100) + "</xml>").status())
				.isEqualTo(400);
			assertThat(post(server, plain("/push/text", "4"), "<xml>" + "x".repeat(5000) + "</xml>").status())
				.isEqualTo(413);
			assertThat(records(server)).isZero();
			assertThat(server.bean(Pushes.class).runs.get()).isZero();
		}
	}

	@Test
	void refusesWhoMayNotPush() {
		try (TestServer server = startDeduplicated(HOOK + "encryption=plain", HOOK + "allowed-from=10.0.0.0/8")) {
			RawClient.Response response = post(server, plain("/push/text", "1"), text("u", "hi", "1"));
			assertThat(response.status()).isEqualTo(403);
			assertThat(response.body()).contains("forbidden");
			assertThat(records(server)).isZero();
		}
	}

	@Test
	void refusesANonceThatCameWithSomethingElse() {
		TestServer server = sharedDeduplicated(HOOK + "encryption=plain");
		String target = plain("/push/text", "1");
		assertThat(post(server, target, text("u", "hi", "1")).status()).isEqualTo(200);
		assertThat(post(server, target, text("u", "hi", "1")).status()).isEqualTo(200);
		assertThat(post(server, target, text("u", "forged", "2")).status()).isEqualTo(401);
		assertThat(server.bean(Pushes.class).runs.get()).isEqualTo(1);
	}

	@Test
	void refusesACopyWhereNothingIsDeduplicated() {
		TestServer server = shared(HOOK + "encryption=plain");
		String target = plain("/push/text", "1");
		assertThat(post(server, target, text("u", "hi", "1")).status()).isEqualTo(200);
		assertThat(post(server, target, text("u", "hi", "1")).status()).isEqualTo(401);
	}

	@ParameterizedTest
	@CsvSource({ "fails-first,500", "is-busy-first,503" })
	void takesAPushAgainWhoseHandlerFailed(String handler, int status) {
		TestServer server = shared(HOOK + "encryption=plain");
		String target = plain("/push/" + handler, "1");
		assertThat(post(server, target, text("u", "hi", "1")).status()).isEqualTo(status);
		assertThat(post(server, target, text("u", "hi", "1")).status()).isEqualTo(200);
		assertThat(post(server, target, text("u", "hi", "1")).status()).isEqualTo(401);
		assertThat(server.bean(Pushes.class).runs.get()).isEqualTo(2);
	}

	@Test
	void takesWhatIsSignedWithASharedSecret() throws Exception {
		String hook = "server.hardening.webhook.pay.";
		try (TestServer server = TestServer.start(List.of(Pushes.class), hook + "sender=hmac", hook + "secrets=one,two",
				hook + "hmac.timestamp-header=X-Timestamp", hook + "hmac.nonce-header=X-Nonce",
				hook + "hmac.signed={timestamp}.{nonce}.{body}", "server.hardening.routes.pay.path=/push/**",
				"server.hardening.routes.other.path=/push/other", "server.hardening.routes.other.webhook=pay",
				"server.hardening.routes.other.deduplication.key=header:X-Nonce",
				"server.hardening.routes.pay.webhook=pay",
				"server.hardening.routes.pay.deduplication.key=header:X-Nonce")) {
			String timestamp = now();
			Mac mac = Mac.getInstance("HmacSHA256");
			mac.init(new SecretKeySpec("two".getBytes(StandardCharsets.UTF_8), "HmacSHA256"));
			String signature = HexFormat.of()
				.formatHex(mac.doFinal((timestamp + ".n1.paid").getBytes(StandardCharsets.UTF_8)));
			String[] headers = { "X-Signature: " + signature, "X-Timestamp: " + timestamp, "X-Nonce: n1" };
			assertThat(post(server, "/push/count", "paid", headers).body()).isEqualTo("run 1 from pay");
			assertThat(post(server, "/push/count", "paid", headers).body()).isEqualTo("run 1 from pay");
			assertThat(post(server, "/push/count", "paiD", headers).status()).isEqualTo(401);
			assertThat(post(server, "/push/count", "paid").status()).isEqualTo(401);
			// However its path is written it is the same push, and for no other method.
			for (String path : new String[] { "/push/count;a=1", "/push/count;a=2", "/push/%63ount" }) {
				assertThat(post(server, path, "paid", headers).body()).as(path).isEqualTo("run 1 from pay");
			}
			for (String method : new String[] { "PUT", "PATCH", "DELETE", "GET" }) {
				try (RawClient client = server.connect()) {
					client.send(method, "/push/count", with(headers, "Content-Length: 4")).write("paid");
					assertThat(client.response().status()).as(method).isEqualTo(401);
				}
			}
			assertThat(post(server, "/push/other", "paid", headers).status()).isEqualTo(401);
			assertThat(server.bean(Pushes.class).runs.get()).isEqualTo(1);
		}
	}

	@Test
	void takesAFailedPushAgainWhoseMethodIsNotDeduplicated() throws Exception {
		String hook = "server.hardening.webhook.pay.";
		try (TestServer server = TestServer.start(List.of(Pushes.class), hook + "sender=hmac", hook + "secrets=one",
				hook + "hmac.nonce-header=X-Nonce", hook + "hmac.signed={nonce}.{body}",
				"server.hardening.routes.pay.path=/push/**", "server.hardening.routes.pay.webhook=pay",
				"server.hardening.routes.pay.deduplication.key=body")) {
			Mac mac = Mac.getInstance("HmacSHA256");
			mac.init(new SecretKeySpec("one".getBytes(StandardCharsets.UTF_8), "HmacSHA256"));
			String signature = HexFormat.of().formatHex(mac.doFinal("n1.".getBytes(StandardCharsets.UTF_8)));
			String[] headers = { "X-Signature: " + signature, "X-Nonce: n1" };
			assertThat(server.get("/push/fails-first", headers).status()).isEqualTo(500);
			assertThat(server.get("/push/fails-first", headers).status()).isEqualTo(200);
			assertThat(server.get("/push/fails-first", headers).status()).isEqualTo(401);
		}
	}

	@Test
	void handlesASafePushOnceHoweverItsPathIsWritten() {
		TestServer server = sharedDeduplicated();
		String message = text("u", "hi", "1");
		String answer = safe(server, "/push/text", "n", message).body();
		for (String path : new String[] { "/push/text", "/push/text;x=1", "/push/tex%74" }) {
			safe(server, path, "n", message);
		}
		assertThat(answer).contains("Encrypt");
		assertThat(server.bean(Pushes.class).runs.get()).isEqualTo(1);
	}

	@Test
	void keepsSecretsToItself() {
		try (TestServer server = startDeduplicated("management.endpoints.web.exposure.include=*",
				"management.endpoint.env.show-values=always")) {
			String all = server.get("/actuator/hardening").body();
			assertThat(all).contains("webhook.account.secrets")
				.contains("1 hidden")
				.doesNotContain("\"AAAAA\"")
				.doesNotContain(WechatVectors.AES_KEY);
		}
	}

	/**
	 * What is done with pushes.
	 */
	@RestController
	static class Pushes {

		private final AtomicInteger runs = new AtomicInteger();

		private final AtomicInteger done = new AtomicInteger();

		/** Holds up a handler until a test lets it go. */
		private final Sinks.Empty<Void> hold = Sinks.empty();

		private volatile @Nullable String body;

		void forget() {
			this.runs.set(0);
			this.done.set(0);
			this.body = null;
		}

		@PostMapping("/push/text")
		String text(WebhookMessage message) {
			return "<xml>" + this.runs.incrementAndGet() + ": " + message.field("Content") + "</xml>";
		}

		@RequestMapping("/push/fails-first")
		String failsFirst() {
			if (this.runs.incrementAndGet() == 1) {
				throw new IllegalStateException("The first one fails");
			}
			return "success";
		}

		@PostMapping("/push/is-busy-first")
		ResponseEntity<String> isBusyFirst() {
			return ResponseEntity.status((this.runs.incrementAndGet() == 1) ? 503 : 200).body("success");
		}

		@PostMapping("/push/overflows")
		String overflows(@RequestBody String body) {
			throw new StackOverflowError("Planted");
		}

		@PostMapping("/push/success")
		String success() {
			return "success";
		}

		@PostMapping("/push/empty")
		Mono<Void> empty() {
			return Mono.empty();
		}

		@PostMapping("/push/body")
		String body(@RequestBody String body) {
			this.body = body;
			return "success";
		}

		@PostMapping("/push/count")
		String count(WebhookMessage message) {
			return "run " + this.runs.incrementAndGet() + " from " + message.source();
		}

		// The body is read only when something else is there, such as who sent it.
		@PostMapping("/push/late")
		Mono<String> late(WebhookMessage message, ServerWebExchange exchange) {
			return Mono.delay(Duration.ofMillis(Long.parseLong(message.fields().get("Content"))))
				.then(Mono.defer(() -> DataBufferUtils.join(exchange.getRequest().getBody())))
				.map((buffer) -> buffer.toString(StandardCharsets.UTF_8))
				.defaultIfEmpty("")
				.doOnNext((body) -> this.body = body)
				.thenReturn("success")
				.doOnSuccess((answer) -> this.done.incrementAndGet());
		}

		@PostMapping("/push/never")
		Mono<String> never() {
			return Mono.never();
		}

		@PostMapping("/push/held")
		Mono<String> held() {
			this.runs.incrementAndGet();
			return this.hold.asMono()
				.publishOn(Schedulers.parallel())
				.thenReturn("<xml>held</xml>")
				.doOnSuccess((answer) -> this.done.incrementAndGet());
		}

		@PostMapping("/push/slow")
		Mono<String> slow(WebhookMessage message) {
			this.runs.incrementAndGet();
			return Mono.delay(Duration.ofMillis(Long.parseLong(message.fields().get("Content"))))
				.map((tick) -> "<xml>slow</xml>")
				.doOnSuccess((answer) -> this.done.incrementAndGet());
		}

	}

}
