package io.serverhardening.webhook.feishu;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;

import io.serverhardening.WebhookPush;
import io.serverhardening.WebhookVerdict.Answered;
import io.serverhardening.WebhookVerdict.Genuine;
import io.serverhardening.WebhookVerdict.Refused;
import io.serverhardening.internal.message.UnreadableMessageException;
import io.serverhardening.webhook.TestPush;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * What is believed to be Feishu's.
 */
class FeishuSenderTests {

	private static final String KEY = "test key";

	/** What Feishu's documentation decrypts with that key, to "hello world". */
	private static final String DOCUMENTED = "P37w+VZImNgPEO1RBhJ6RtKl7n6zymIbEG1pReEzghk=";

	/** The event of oapi-sdk-java's TestEventDispatcher, under the key 1212121212. */
	private static final String SDK_EVENT = "4T4ivT/PR2APX9OYkhRKtu54s1rtIpj9xJU69Hs1yWQ/1RutbufsBs9xjx5YC3u/0hMRF4"
			+ "9sN0kevQiEL8iB3bVEdpfyJXzXGDfKUjvKQTmG64GbMdTW6qRpadVPem3f32jHuT6fc+4TRg4BigwoUId+l/D+vcIwu3mDgAEb"
			+ "aqzWfmvccmpiRMfQbh9JhdK/akmrRjo/CXPLM+hZciFXJMSpKueV3SjZJoSls5y0ZTHC8zak/Mp/DSl1wa4mYe5laP367Lnl4y"
			+ "lGiXBKx3Ku29oWv79rYcO/5QT63H4rkl8bwYmAzScpb2KNnV11L3xiDzJp3hFdfXczUvm93FXu4Lw8eDAsRzIWCccKrqHh0Uvt"
			+ "DJD95tNn6LvYew4+Xbk1RD4k7UzWJS9AMobOK778NLNxfQ+Kn7MKzBHilXnSIVY5V+dcsOOdfqJviW4yWmT73JHYKq1qJip7Cw"
			+ "7lbkmRMUmettUwdVFWxeXH6iTex3YXCgqoriCx/MzeQhdNEycipooB/vHItRt1CF44uFWj9tf8n3TdbdH4dNMD0hw8ejHJSbEH"
			+ "b9HAGCugUniN8BzL9wxE959JU4cu3BKjDuIk5oS9hLR1mSc3vKBuSa3VKOE=";

	private static final long NOW = 1603977298;

	private static FeishuSender sender(String... keys) {
		return new FeishuSender(List.of(keys));
	}

	private static WebhookPush signed(String key, String timestamp, String nonce, String body) {
		return TestPush.post(body, NOW, "X-Lark-Request-Timestamp:" + timestamp, "X-Lark-Request-Nonce:" + nonce,
				"X-Lark-Signature:" + FeishuVectors.signature(key, timestamp, nonce, body));
	}

	@Test
	void decryptsWhatTheDocumentationDecrypts() {
		assertThat(FeishuSender.decrypt(DOCUMENTED, KEY.getBytes(StandardCharsets.UTF_8))).asString()
			.isEqualTo("hello world");
		assertThat(FeishuSender.decrypt(DOCUMENTED, "test kez".getBytes(StandardCharsets.UTF_8))).isNull();
	}

	// The signature was made by openssl: printf '1603977298noncetest key{"encrypt":…}' |
	// openssl dgst -sha256. Neither the documentation nor an SDK has one to compare with.
	@Test
	void takesWhatOpensslSigned() {
		String body = "{\"encrypt\":\"" + DOCUMENTED + "\"}";
		WebhookPush push = TestPush.post(body, NOW, "X-Lark-Request-Timestamp:1603977298", "X-Lark-Request-Nonce:nonce",
				"X-Lark-Signature:e56c5af2e6d3b4feb6874ab1016f2337247da8b9bde6ea919b3380d9b7daa5ea");
		assertThat(FeishuVectors.signature(KEY, "1603977298", "nonce", body))
			.isEqualTo(push.header("X-Lark-Signature"));
		// The documentation's plaintext is no event; that far it got.
		assertThatExceptionOfType(UnreadableMessageException.class).isThrownBy(() -> sender(KEY).verify(push));
	}

	@Test
	void takesTheEventOfTheSdk() {
		WebhookPush push = signed("1212121212", "1603977298", "n", "{\"encrypt\":\"" + SDK_EVENT + "\"}");
		assertThat(sender("other", "1212121212").verify(push)).isInstanceOfSatisfying(Genuine.class, (genuine) -> {
			assertThat(genuine.id()).isEqualTo("f7984f25108f8137722bb63cee927e66");
			assertThat(new String(genuine.body(), StandardCharsets.UTF_8)).contains("\"name\":\"张三\"");
		});
	}

	@Test
	void knowsAnEventOfTheFirstVersionByItsUuid() {
		WebhookPush push = signed(KEY, "1603977298", "n",
				FeishuVectors.encrypted(KEY, "{\"uuid\":\"u1\",\"event\":{}}"));
		assertThat(sender(KEY).verify(push)).isInstanceOfSatisfying(Genuine.class,
				(genuine) -> assertThat(genuine.id()).isEqualTo("u1"));
	}

	@Test
	void provesTheAddressSignedOrNot() {
		String challenge = FeishuVectors.encrypted(KEY,
				"{\"challenge\":\"a\\\"j\",\"token\":\"t\",\"type\":\"url_verification\"}");
		for (WebhookPush push : List.of(TestPush.post(challenge, NOW), signed(KEY, "1603977298", "n", challenge))) {
			assertThat(sender("other", KEY).verify(push)).isInstanceOfSatisfying(Answered.class,
					(answered) -> assertThat(answered.text()).isEqualTo("{\"challenge\":\"a\\\"j\"}"));
		}
	}

	@Test
	void refusesWhatIsNotSignedInTheSameWords() {
		String event = FeishuVectors.encrypted(KEY, "{\"header\":{\"event_id\":\"1\"}}");
		List<Refused> refused = List
			.of(event, "{\"encrypt\":\"" + DOCUMENTED + "\"}", "{\"encrypt\":\"AAAA\"}", "{\"encrypt\":1",
					"{\"challenge\":\"x\",\"type\":\"url_verification\"}",
					FeishuVectors.encrypted("other", "{\"challenge\":\"x\",\"type\":\"url_verification\"}"),
					"{\"encrypt\":\"" + "A".repeat(10_000) + "\"}", "")
			.stream()
			.map((body) -> (Refused) sender(KEY).verify(TestPush.post(body, NOW)))
			.distinct()
			.toList();
		assertThat(refused).hasSize(1);
	}

	@Test
	void refusesWhatWasChanged() {
		String event = FeishuVectors.encrypted(KEY, "{\"header\":{\"event_id\":\"1\"}}");
		String signature = FeishuVectors.signature(KEY, "1603977298", "n", event);
		for (String[] headers : new String[][] {
				{ "X-Lark-Request-Timestamp:1603977299", "X-Lark-Request-Nonce:n", "X-Lark-Signature:" + signature },
				{ "X-Lark-Request-Timestamp:1603977298", "X-Lark-Request-Nonce:m", "X-Lark-Signature:" + signature },
				{ "X-Lark-Request-Nonce:n", "X-Lark-Signature:" + signature },
				{ "X-Lark-Request-Timestamp:1603977298", "X-Lark-Request-Nonce:n", "X-Lark-Signature:" } }) {
			assertThat(sender(KEY).verify(TestPush.post(event, NOW, headers))).isInstanceOf(Refused.class);
		}
		assertThat(sender("other").verify(signed(KEY, "1603977298", "n", event))).isInstanceOf(Refused.class);
		// The digest has no key at its end: what follows could be added, and is no JSON.
		assertThat(sender(KEY).verify(TestPush.post(event + "x", NOW, "X-Lark-Request-Timestamp:1603977298",
				"X-Lark-Request-Nonce:n", "X-Lark-Signature:" + signature)))
			.isInstanceOf(Refused.class);
	}

	@ParameterizedTest
	@CsvSource({ "1603977598,true", "1603976998,true", "1603977599,false", "1603976997,false", "16039772,false",
			"x,false", "9223372036854775807,false" })
	void takesWhatIsFresh(String timestamp, boolean fresh) {
		WebhookPush push = signed(KEY, timestamp, "n",
				FeishuVectors.encrypted(KEY, "{\"header\":{\"event_id\":\"1\"}}"));
		assertThat(sender(KEY).verify(push) instanceof Genuine).isEqualTo(fresh);
	}

	@Test
	void cannotBeGivenAnotherNonceByMovingItsEnd() {
		String event = FeishuVectors.encrypted(KEY, "{\"header\":{\"event_id\":\"1\"}}");
		String signature = FeishuVectors.signature(KEY, "1603977298", "45", event);
		List<String> nonces = List.of("1603977298|45", "16039772984|5", "160397729845|")
			.stream()
			.map((cut) -> TestPush.post(event, NOW, (Duration) null,
					"X-Lark-Request-Timestamp:" + cut.substring(0, cut.indexOf('|')),
					"X-Lark-Request-Nonce:" + cut.substring(cut.indexOf('|') + 1), "X-Lark-Signature:" + signature))
			.map((push) -> ((Genuine) sender(KEY).verify(push)).nonce())
			.distinct()
			.toList();
		assertThat(nonces).hasSize(1);
	}

}
