package io.serverhardening.webhook.hmac;

import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.stream.Stream;

import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

import io.serverhardening.WebhookVerdict;
import io.serverhardening.WebhookVerdict.Answered;
import io.serverhardening.WebhookVerdict.Genuine;
import io.serverhardening.WebhookVerdict.Refused;
import io.serverhardening.webhook.TestPush;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Senders that sign with a shared secret, by what they publish themselves.
 */
class HmacPresetTests {

	/** src/StripeTests/Resources/event_test_signature.json of stripe-dotnet. */
	private static final String STRIPE_BODY = """
			{
			  "id": "evt_123",
			  "object": "event",
			  "account": "acct_123",
			  "api_version": "2017-05-25",
			  "created": 1533204620,
			  "data": {
			    "object": {
			      "id": "cus_123",
			      "object": "customer",
			      "created": 123456789,
			      "email": "test@stripe.com",
			      "livemode": false,
			      "metadata": {}
			    }
			  },
			  "livemode": false,
			  "pending_webhooks": 1,
			  "request": {
			    "id": "req_123",
			    "idempotency_key": "idempotency-key-123"
			  },
			  "type": "customer.created"
			}
			""";

	private static final String STRIPE_SIGNATURE = "v1=2220f87ef101a04665f11cdf770523143f875572008577fa0f20882ddb9cc3c7";

	/** docs.slack.dev/authentication/verifying-requests-from-slack. */
	private static final String SLACK_BODY = "token=xyzz0WbapA4vBCDEFasx0q6G&team_id=T1DC2JH3J"
			+ "&team_domain=testteamnow&channel_id=G8PSS9T3V&channel_name=foobar&user_id=U2CERLKJA"
			+ "&user_name=roadrunner&command=%2Fwebhook-collect&text=&response_url=https%3A%2F%2Fhooks.slack.com"
			+ "%2Fcommands%2FT1DC2JH3J%2F397700885554%2F96rGlfmibIGlgcZRskXaIFfN"
			+ "&trigger_id=398738663015.47445629121.803a0bc887a14d10d2c447fce8b6703c";

	private static HmacSender sender(HmacPreset preset, byte[]... keys) {
		return new HmacSender(preset.policy(), List.of(keys), preset.profile());
	}

	private static byte[] bytes(String text) {
		return text.getBytes(StandardCharsets.UTF_8);
	}

	static Stream<Arguments> published() {
		return Stream.of(
				// src/StripeTests/Services/Events/EventUtilityTest.cs of stripe-dotnet.
				Arguments.of("stripe", HmacPreset.STRIPE, bytes("webhook_secret"), 1533204620L, STRIPE_BODY,
						List.of("Stripe-Signature:t=1533204620," + STRIPE_SIGNATURE
								+ ",v0=63f3a72374a733066c4be69ed7f8e5ac85c22c9f0a6a612ab9a025a9e4ee7eef")),
				// docs.github.com/webhooks/using-webhooks/validating-webhook-deliveries.
				Arguments.of("github", HmacPreset.GITHUB, bytes("It's a Secret to Everybody"), 0L, "Hello, World!",
						List.of("X-Hub-Signature-256:sha256="
								+ "757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17")),
				Arguments.of("slack", HmacPreset.SLACK, bytes("8f742231b10e8888abcd99yyyzzz85a5"), 1531420618L,
						SLACK_BODY,
						List.of("X-Slack-Signature:v0="
								+ "a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503",
								"X-Slack-Request-Timestamp:1531420618")),
				// Shopify publishes none: Python's hmac and base64 made this.
				Arguments.of("shopify", HmacPreset.SHOPIFY, bytes("shop-secret"), 0L, "{\"id\":1}",
						List.of("X-Shopify-Hmac-SHA256:plW8VGqq0nDMIEhDqaNNW99asdUCy7EIqLZVcQwtAZ0=")),
				// libraries/javascript/src/webhook.test.ts of standard-webhooks.
				Arguments.of("standard-webhooks", HmacPreset.STANDARD_WEBHOOKS,
						Base64.getDecoder().decode("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"), 1614265330L,
						"{\"test\": 2432232314}",
						List.of("webhook-id:msg_p5jXN8AQM9LWM0D4loKWxJek", "webhook-timestamp:1614265330",
								"webhook-signature:v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=")));
	}

	@ParameterizedTest(name = "{0}")
	@MethodSource("published")
	void takesWhatTheyPublish(String name, HmacPreset preset, byte[] key, long time, String body,
			List<String> headers) {
		String[] all = headers.toArray(String[]::new);
		assertThat(preset.policy().problem()).isNull();
		assertThat(sender(preset, key).verify(TestPush.post(body, time, all))).isInstanceOfSatisfying(Genuine.class,
				(genuine) -> assertThat(genuine.body()).isEqualTo(bytes(body)));
		assertThat(sender(preset, bytes("another"), key).verify(TestPush.post(body, time, all)))
			.isInstanceOf(Genuine.class);
	}

	@ParameterizedTest(name = "{0}")
	@MethodSource("published")
	void refusesWhatIsAnythingElse(String name, HmacPreset preset, byte[] key, long time, String body,
			List<String> headers) {
		HmacSender sender = sender(preset, key);
		String[] all = headers.toArray(String[]::new);
		assertThat(sender.verify(TestPush.post(body + " ", time, all))).as("body").isInstanceOf(Refused.class);
		assertThat(sender(preset, bytes("another")).verify(TestPush.post(body, time, all))).as("key")
			.isInstanceOf(Refused.class);
		for (int i = 0; i < all.length; i++) {
			String[] less = headers.toArray(String[]::new);
			less[i] = "X-Other:1";
			assertThat(sender.verify(TestPush.post(body, time, less))).as("without " + all[i])
				.isInstanceOf(Refused.class);
			less[i] = all[i].substring(0, all[i].indexOf(':') + 1);
			assertThat(sender.verify(TestPush.post(body, time, less))).as("empty " + all[i])
				.isInstanceOf(Refused.class);
			less[i] = all[i].replaceAll("[0-9]", "9");
			assertThat(sender.verify(TestPush.post(body, time, less))).as("other " + all[i])
				.isInstanceOf(Refused.class);
		}
		if (preset.policy().timestampHeader() != null) {
			for (long then : new long[] { time - 301, time + 301, 0 }) {
				assertThat(sender.verify(TestPush.post(body, then, all))).as("at " + then).isInstanceOf(Refused.class);
			}
		}
	}

	@Test
	void takesAnyOfStripesSignaturesOfTheNewScheme() {
		HmacSender sender = sender(HmacPreset.STRIPE, bytes("webhook_secret"));
		String old = "v1=" + "0".repeat(64);
		for (String header : List.of("t=1533204620," + old + "," + STRIPE_SIGNATURE,
				"t=1533204620," + STRIPE_SIGNATURE + "," + old, STRIPE_SIGNATURE + ",t=1533204620")) {
			assertThat(sender.verify(TestPush.post(STRIPE_BODY, 1533204620, "Stripe-Signature:" + header)))
				.isInstanceOf(Genuine.class);
		}
		for (String header : List.of("t=1533204620," + STRIPE_SIGNATURE.replace("v1", "v0"),
				"t=1533204620" + (",v1=" + "0".repeat(64)).repeat(9) + "," + STRIPE_SIGNATURE, STRIPE_SIGNATURE, "t=,",
				"t,v1=,v0=", ",,", "t=1533204621,t=1533204620," + STRIPE_SIGNATURE)) {
			assertThat(sender.verify(TestPush.post(STRIPE_BODY, 1533204620, "Stripe-Signature:" + header))).as(header)
				.isInstanceOf(Refused.class);
		}
	}

	@Test
	void knowsAStandardWebhookByItsId() {
		WebhookVerdict verdict = sender(HmacPreset.STANDARD_WEBHOOKS,
				Base64.getDecoder().decode("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"))
			.verify(TestPush.post("{\"test\": 2432232314}", 1614265330, "webhook-id:msg_p5jXN8AQM9LWM0D4loKWxJek",
					"webhook-timestamp:1614265330",
					"webhook-signature:v1a,AAAA v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE= v1,AAAA"));
		assertThat(verdict).isInstanceOfSatisfying(Genuine.class, (genuine) -> {
			assertThat(genuine.id()).isEqualTo("msg_p5jXN8AQM9LWM0D4loKWxJek");
			assertThat(genuine.nonce()).isEqualTo(genuine.id());
		});
	}

	@Test
	void provesTheAddressToSlackOnceItIsSigned() throws Exception {
		String body = "{\"token\":\"J\",\"challenge\":\"3eZbrw1aBm2rZgRNFdxV2595E9CY3gmdALWMmHkvFXO7tYXAYM8P\","
				+ "\"type\":\"url_verification\"}";
		Mac mac = Mac.getInstance("HmacSHA256");
		mac.init(new SecretKeySpec(bytes("secret"), "HmacSHA256"));
		String signature = HexFormat.of().formatHex(mac.doFinal(bytes("v0:1000:" + body)));
		HmacSender sender = sender(HmacPreset.SLACK, bytes("secret"));
		assertThat(sender
			.verify(TestPush.post(body, 1000, "X-Slack-Request-Timestamp:1000", "X-Slack-Signature:v0=" + signature)))
			.isInstanceOfSatisfying(Answered.class, (answered) -> assertThat(answered.text())
				.isEqualTo("{\"challenge\":\"3eZbrw1aBm2rZgRNFdxV2595E9CY3gmdALWMmHkvFXO7tYXAYM8P\"}"));
		assertThat(sender.verify(TestPush.post(body, 1000))).isInstanceOf(Refused.class);
	}

}
