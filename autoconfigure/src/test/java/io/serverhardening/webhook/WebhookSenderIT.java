package io.serverhardening.webhook;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.UnaryOperator;

import io.serverhardening.WebhookMessage;
import io.serverhardening.WebhookPush;
import io.serverhardening.WebhookSender;
import io.serverhardening.WebhookVerdict;
import io.serverhardening.internal.call.ApplicationCalls;
import io.serverhardening.testing.RawClient;
import io.serverhardening.testing.TestServer;
import io.serverhardening.webhook.TestSender.Request;
import io.serverhardening.webhook.feishu.FeishuVectors;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

import org.springframework.context.annotation.Bean;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestBody;
import org.springframework.web.bind.annotation.RestController;
import org.springframework.web.server.ServerWebExchange;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Each sender on a real socket: one push that passes, and those that do not.
 */
class WebhookSenderIT {

	private static final String TEXT = "{\"id\":\"1\",\"MsgId\":\"%s\",\"MsgType\":\"text\",\"paid\":\"yes\"}";

	private static final String PREFIX = "server.hardening.";

	private static final Map<TestSender, String> ONCE = Map.of(TestSender.GITHUB, "X-GitHub-Delivery",
			TestSender.SHOPIFY, "X-Shopify-Webhook-Id", TestSender.STANDARD_WEBHOOKS, "webhook-id");

	private static TestServer server;

	@BeforeAll
	static void start() {
		List<String> properties = new ArrayList<>(List.of("management.endpoints.web.exposure.include=*"));
		for (TestSender sender : TestSender.values()) {
			add(properties, sender.source(), sender.sender());
			sender.settings()
				.forEach((setting) -> properties.add(PREFIX + "webhook." + sender.source() + "." + setting));
		}
		add(properties, "own", "courier");
		properties.add(PREFIX + "webhook.own.tolerance=10s");
		add(properties, "dedup", "courier");
		properties.add(PREFIX + "routes.dedup.deduplication.key=body");
		for (TestSender sender : List.of(TestSender.GITHUB, TestSender.SHOPIFY, TestSender.STANDARD_WEBHOOKS)) {
			String route = PREFIX + "routes." + sender.source() + "once.";
			properties.addAll(List.of(route + "path=/once/" + sender.source(), route + "webhook=" + sender.source(),
					route + "response.timeout=2900ms", route + "deduplication.key=header:" + ONCE.get(sender)));
		}
		server = TestServer.start(List.of(Pushes.class), properties.toArray(String[]::new));
		server.warmUp();
	}

	@AfterAll
	static void stop() {
		server.close();
	}

	private static void add(List<String> properties, String source, String sender) {
		properties.add(PREFIX + "webhook." + source + ".sender=" + sender);
		properties.add(PREFIX + "routes." + source + ".path=/push/" + source);
		properties.add(PREFIX + "routes." + source + ".webhook=" + source);
		properties.add(PREFIX + "routes." + source + ".response.timeout=2900ms");
	}

	private static RawClient.Response send(String source, Request request) {
		return sendTo("/push/" + source, request);
	}

	private static RawClient.Response sendTo(String path, Request request) {
		return sendTo("POST", path, request);
	}

	private static RawClient.Response sendTo(String method, String path, Request request) {
		try (RawClient client = server.connect()) {
			List<String> headers = new ArrayList<>(request.headers());
			headers.add("Content-Type: application/json");
			headers.add("Content-Length: " + request.body().getBytes(StandardCharsets.UTF_8).length);
			return client.send(method, path + request.query(), headers.toArray(String[]::new))
				.write(request.body())
				.response();
		}
	}

	private static List<String> handled() {
		return server.bean(Pushes.class).handled;
	}

	@ParameterizedTest
	@EnumSource
	void takesWhatIsGenuine(TestSender sender) {
		String text = TEXT.formatted("genuine");
		RawClient.Response response = send(sender.source(), sender.sign(text));
		assertThat(response.status()).isEqualTo(200);
		assertThat(response.body()).startsWith("from " + sender.source()).contains(text);
	}

	@ParameterizedTest
	@EnumSource
	void refusesWhatIsNot(TestSender sender) {
		long now = System.currentTimeMillis() / 1000;
		String text = TEXT.formatted("forged");
		Request genuine = sender.sign(text);
		int before = handled().size();
		List<Request> forged = new ArrayList<>(List.of(genuine.withBody(sender.sign(TEXT.formatted("other")).body()),
				sender.sign(text, now, false, UnaryOperator.identity()), sender.sign(text, now, true, (right) -> ""),
				sender.sign(text, now, true, (right) -> right.substring(0, right.length() / 2)),
				new Request("", genuine.body())));
		// WeChat signs what is encrypted, and not how it is wrapped.
		if (sender != TestSender.WECHAT) {
			forged.add(genuine.withBody(genuine.body() + " "));
		}
		if (sender.isDated()) {
			forged.add(sender.sign(text, now - 400, true, UnaryOperator.identity()));
			forged.add(sender.sign(text, now + 400, true, UnaryOperator.identity()));
		}
		for (Request request : forged) {
			RawClient.Response response = send(sender.source(), request);
			assertThat(response.status()).as(request.toString()).isEqualTo(401);
			assertThat(response.body()).contains("signature-invalid");
		}
		assertThat(handled()).hasSize(before);
	}

	@ParameterizedTest
	@EnumSource(names = { "HMAC", "STANDARD_WEBHOOKS", "WECHATPAY", "FEISHU", "WECHAT" })
	void takesANonceOnce(TestSender sender) {
		Request request = sender.sign(TEXT.formatted("once"));
		assertThat(send(sender.source(), request).status()).isEqualTo(200);
		RawClient.Response again = send(sender.source(), request);
		assertThat(again.status()).isEqualTo(401);
		assertThat(again.body()).contains("nonce");
	}

	@ParameterizedTest
	@EnumSource(names = { "GITHUB", "SHOPIFY" })
	void handlesAPushOnceWhateverIdItIsGiven(TestSender sender) {
		Request request = sender.sign(TEXT.formatted("overheard"));
		String first = sendTo("/once/" + sender.source(), request).body();
		for (String id : List.of("72d3162e", "anything", "else")) {
			RawClient.Response again = sendTo("/once/" + sender.source(), request.withHeader(ONCE.get(sender), id));
			assertThat(again.body()).as(id).isEqualTo(first);
		}
		String other = sendTo("/once/" + sender.source(), sender.sign(TEXT.formatted("another"))).body();
		assertThat(other).isNotEqualTo(first);
	}

	// Nobody has signed by which method it comes.
	@ParameterizedTest
	@EnumSource(names = { "GITHUB", "SHOPIFY" })
	void handlesAPushOnceByWhateverMethodItComes(TestSender sender) {
		Request request = sender.sign(TEXT.formatted("by any method"));
		String path = "/once/" + sender.source();
		String first = sendTo("POST", path, request).body();
		assertThat(sendTo("PUT", path, request).body()).isEqualTo(first);
		assertThat(sendTo("GET", path, request).status()).isEqualTo(401);
	}

	@Test
	void knowsAPushByAnIdThatIsSigned() {
		Request request = TestSender.STANDARD_WEBHOOKS.sign(TEXT.formatted("signed"));
		String first = sendTo("/once/standardwebhooks", request).body();
		assertThat(sendTo("/once/standardwebhooks", request).body()).isEqualTo(first);
		// Another message, although there is the same in it.
		Request another = TestSender.STANDARD_WEBHOOKS.sign(TEXT.formatted("signed"));
		assertThat(sendTo("/once/standardwebhooks", another).body()).isNotEqualTo(first);
	}

	@Test
	void provesTheAddressToSlackAndFeishu() {
		String challenge = "{\"challenge\":\"c1\",\"token\":\"t\",\"type\":\"url_verification\"}";
		Request unsigned = new Request("", FeishuVectors.encrypted("secret", challenge));
		for (RawClient.Response response : List.of(send("slack", TestSender.SLACK.sign(challenge)),
				send("feishu", TestSender.FEISHU.sign(challenge)), send("feishu", unsigned))) {
			assertThat(response.status()).isEqualTo(200);
			assertThat(response.header("content-type")).isEqualTo("application/json");
			assertThat(response.header("x-content-type-options")).isEqualTo("nosniff");
			assertThat(response.body()).isEqualTo("{\"challenge\":\"c1\"}");
		}
		assertThat(send("slack", new Request("", challenge)).status()).isEqualTo(401);
		assertThat(send("feishu", new Request("", challenge)).status()).isEqualTo(401);
	}

	@ParameterizedTest
	@ValueSource(strings = { "own", "dedup" })
	void asksASenderOfTheApplication(String source) {
		RawClient.Response response = send(source, new Request("", "parcel", "X-Courier", "right"));
		assertThat(response.status()).isEqualTo(200);
		assertThat(response.body()).isEqualTo("from " + source + " p1 0 parcel");
		assertThat(send(source, new Request("", "parcel", "X-Courier", "challenge")).body()).isEqualTo("hello");
		RawClient.Response refused = send(source, new Request("", "parcel", "X-Courier", "wrong"));
		assertThat(refused.status()).isEqualTo(401);
		assertThat(refused.body()).contains("signature-invalid").contains("Not theirs.");
	}

	@Test
	void tellsItHowOldAPushMayBe() {
		long now = System.currentTimeMillis() / 1000;
		assertThat(send("own", new Request("", "parcel", "X-Courier", "at " + now)).status()).isEqualTo(200);
		assertThat(send("own", new Request("", "parcel", "X-Courier", "at " + (now - 60))).status()).isEqualTo(401);
	}

	@Test
	void encryptsWhatItWantsEncrypted() {
		RawClient.Response response = send("own", new Request("", "parcel", "X-Courier", "secret"));
		assertThat(response.body()).isEqualTo("{" + "from own p1 0 parcel".length() + "}");
		assertThat(response.header("content-type")).isEqualTo("application/json");
	}

	@ParameterizedTest
	@ValueSource(strings = { "throws", "overflows", "fatal", "nothing", "no-id", "reply-throws" })
	void letsNothingThroughThatItFailsOver(String what) {
		for (String source : List.of("own", "dedup")) {
			int before = handled().size();
			RawClient.Response response = send(source, new Request("", "parcel", "X-Courier", what));
			assertThat(response.status()).isEqualTo(what.equals("nothing") ? 401 : 500);
			assertThat(response.body()).doesNotContain("parcel");
			assertThat(handled()).hasSize(what.equals("reply-throws") ? before + 1 : before);
		}
		if (!what.equals("nothing")) {
			assertThat(server.bean(ApplicationCalls.class).failures()).containsKey("webhook-sender");
		}
		assertThat(send("own", new Request("", "after " + what, "X-Courier", "right")).status()).isEqualTo(200);
	}

	@Test
	void showsHowTheyBehaveAndNoSecrets() {
		String section = server.get("/actuator/hardening/webhook").body();
		assertThat(section).contains("\"sender\":\"standard-webhooks\"")
			.contains("\"sender\":\"courier\"")
			.contains("\"senderTimeoutMillis\":4000")
			.contains("\"retryPeriodMillis\":60000")
			.contains("\"attempts\":7");
		String all = server.get("/actuator/hardening").body();
		for (TestSender sender : TestSender.values()) {
			for (String setting : sender.settings()) {
				if (setting.startsWith("secrets=") || setting.startsWith("aes-keys=")) {
					assertThat(all).doesNotContain("\"" + setting.substring(setting.indexOf('=') + 1) + "\"");
				}
			}
		}
	}

	/**
	 * What is done with pushes, and a sender of the application's own.
	 */
	@RestController
	static class Pushes {

		private final List<String> handled = new CopyOnWriteArrayList<>();

		@PostMapping({ "/push/{source}", "/once/{source}" })
		String handle(ServerWebExchange exchange, WebhookMessage message, @RequestBody String body) {
			this.handled.add(body);
			String run = exchange.getRequest().getPath().value().startsWith("/once") ? this.handled.size() + " " : "";
			return run + "from " + message.source() + ' ' + message.id() + ' ' + message.fields().size() + ' ' + body;
		}

		@Bean
		WebhookSender courier() {
			return new Courier();
		}

	}

	/**
	 * A sender that has to be told everything.
	 */
	static final class Courier implements WebhookSender {

		@Override
		public @Nullable WebhookVerdict verify(WebhookPush push) {
			String what = String.valueOf(push.header("X-Courier"));
			if (what.startsWith("at ")) {
				return push.isFresh(Instant.ofEpochSecond(Long.parseLong(what.substring(3))))
						? WebhookVerdict.genuine("p1", push.body()) : WebhookVerdict.refused("Old.");
			}
			return switch (what) {
				case "right" -> WebhookVerdict.genuine("p1", push.body());
				case "challenge" -> WebhookVerdict.answered("hello");
				case "secret" -> WebhookVerdict.genuine("p1", push.body())
					.withReply((plain) -> ("{" + plain.length + "}").getBytes(StandardCharsets.UTF_8));
				case "reply-throws" ->
					WebhookVerdict.genuine("p1", what.getBytes(StandardCharsets.UTF_8)).withReply((plain) -> {
						throw new StackOverflowError();
					});
				case "throws" -> throw new IllegalStateException("parcel");
				case "overflows" -> throw new StackOverflowError();
				case "fatal" -> throw new NoClassDefFoundError("parcel");
				case "no-id" -> WebhookVerdict.genuine(null, push.body());
				case "nothing" -> null;
				default -> WebhookVerdict.refused("Not theirs.");
			};
		}

		@Override
		public Duration timeout() {
			return Duration.ofSeconds(4);
		}

		@Override
		public int attempts() {
			return 7;
		}

		@Override
		public Duration retryPeriod() {
			return Duration.ofMinutes(1);
		}

	}

}
