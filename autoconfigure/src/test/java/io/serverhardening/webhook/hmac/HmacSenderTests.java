package io.serverhardening.webhook.hmac;

import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.HexFormat;
import java.util.stream.Stream;

import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

import io.serverhardening.WebhookPush;
import io.serverhardening.WebhookVerdict.Genuine;
import io.serverhardening.internal.message.SenderProfile;
import io.serverhardening.webhook.TestPush;
import io.serverhardening.webhook.hmac.HmacPolicy.Algorithm;
import io.serverhardening.webhook.hmac.HmacPolicy.Encoding;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * What is signed with a shared secret.
 */
class HmacSenderTests {

	private static final HmacPolicy FULL = new HmacPolicy("X-Signature", "", "X-Timestamp", "X-Nonce", Algorithm.SHA256,
			Encoding.HEX, "{timestamp}\n{nonce}\n{body}", false);

	private static byte[] mac(String algorithm, String secret, String text) throws Exception {
		Mac mac = Mac.getInstance(algorithm);
		mac.init(new SecretKeySpec(secret.getBytes(StandardCharsets.UTF_8), algorithm));
		return mac.doFinal(text.getBytes(StandardCharsets.UTF_8));
	}

	private static String hex(String secret, String text) throws Exception {
		return HexFormat.of().formatHex(mac("HmacSHA256", secret, text));
	}

	private static HmacSender sender(HmacPolicy policy, String... secrets) {
		return new HmacSender(policy,
				Stream.of(secrets).map((secret) -> secret.getBytes(StandardCharsets.UTF_8)).toList(),
				SenderProfile.UNKNOWN);
	}

	private static WebhookPush push(String body, String... headers) {
		return TestPush.post(body, 1_000_000, headers);
	}

	private static boolean isGenuine(HmacSender sender, WebhookPush push) {
		return sender.verify(push) instanceof Genuine;
	}

	private static WebhookPush signed(String body, String secret, String timestamp, String nonce) throws Exception {
		return push(body, "X-Signature:" + hex(secret, timestamp + "\n" + nonce + "\n" + body),
				"X-Timestamp:" + timestamp, "X-Nonce:" + nonce);
	}

	@Test
	void takesWhatIsSigned() throws Exception {
		assertThat(sender(FULL, "secret").verify(signed("hello", "secret", "1000000", "n1")))
			.isInstanceOfSatisfying(Genuine.class, (genuine) -> {
				assertThat(genuine.id()).isEqualTo("n1");
				assertThat(genuine.nonce()).isEqualTo("n1");
			});
	}

	// The example of GitHub's documentation.
	@Test
	void takesWhatGitHubSigns() {
		HmacPolicy policy = new HmacPolicy("X-Hub-Signature-256", "sha256=", null, null, Algorithm.SHA256, Encoding.HEX,
				"{body}", false);
		WebhookPush push = push("Hello, World!",
				"X-Hub-Signature-256:sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17");
		assertThat(isGenuine(sender(policy, "It's a Secret to Everybody"), push)).isTrue();
	}

	@Test
	void takesSeveralSignaturesAsStandardWebhooksSendThem() throws Exception {
		HmacPolicy policy = new HmacPolicy("webhook-signature", "v1,", "webhook-timestamp", "webhook-id",
				Algorithm.SHA256, Encoding.BASE64, "{nonce}.{timestamp}.{body}", false);
		String right = Base64.getEncoder().encodeToString(mac("HmacSHA256", "secret", "msg_1.1000000.{}"));
		WebhookPush push = push("{}", "webhook-signature:v1,AAAA v2,BBBB v1," + right, "webhook-timestamp:1000000",
				"webhook-id:msg_1");
		assertThat(isGenuine(sender(policy, "secret"), push)).isTrue();
	}

	@Test
	void takesEitherOfTwoSecrets() throws Exception {
		assertThat(isGenuine(sender(FULL, "new", "old"), signed("hello", "old", "1000000", "n1"))).isTrue();
		assertThat(isGenuine(sender(FULL, "new", "old"), signed("hello", "new", "1000000", "n1"))).isTrue();
	}

	@ParameterizedTest
	@CsvSource({ "1000300,true", "999700,true", "1000301,false", "999699,false", "0,false", "-1,false", "x,false",
			"99999999999999999999,false" })
	void takesWhatIsFresh(String timestamp, boolean fresh) throws Exception {
		assertThat(isGenuine(sender(FULL, "secret"), signed("hello", "secret", timestamp, "n1"))).isEqualTo(fresh);
	}

	@Test
	void refusesWhatWasChanged() throws Exception {
		String signature = hex("secret", "1000000\nn1\nhello");
		HmacSender sender = sender(FULL, "secret");
		assertThat(isGenuine(sender, push("hellO", "X-Signature:" + signature, "X-Timestamp:1000000", "X-Nonce:n1")))
			.isFalse();
		assertThat(isGenuine(sender, push("hello", "X-Signature:" + signature, "X-Timestamp:1000001", "X-Nonce:n1")))
			.isFalse();
		assertThat(isGenuine(sender, push("hello", "X-Signature:" + signature, "X-Timestamp:1000000", "X-Nonce:n2")))
			.isFalse();
		assertThat(isGenuine(sender(FULL, "other"),
				push("hello", "X-Signature:" + signature, "X-Timestamp:1000000", "X-Nonce:n1")))
			.isFalse();
	}

	@ParameterizedTest
	@CsvSource({ "X-Signature:00", "X-Signature:zz", "X-Signature:", "X-Other:1" })
	void refusesWhatIsNotSigned(String header) {
		assertThat(isGenuine(sender(FULL, "secret"), push("hello", header, "X-Timestamp:1000000", "X-Nonce:n1")))
			.isFalse();
		assertThat(isGenuine(sender(FULL, "secret"), push("hello", "X-Signature:00", "X-Nonce:n1"))).isFalse();
	}

	@Test
	void refusesANonceThatIsNone() throws Exception {
		assertThat(isGenuine(sender(FULL, "secret"), signed("hello", "secret", "1000000", ""))).isFalse();
		assertThat(isGenuine(sender(FULL, "secret"), signed("hello", "secret", "1000000", "a.b"))).isFalse();
	}

	@ParameterizedTest
	@ValueSource(
			strings = { "{timestamp}.{nonce}.{body}", "v0:{timestamp}:{nonce}:{body}", "{body}.{nonce}.{timestamp}",
					"{timestamp}-{nonce}.{body}", "{nonce}.{body}.{timestamp}", "n{nonce} t{timestamp}\n{body}" })
	void takesWhatCannotBeReadInTwoWays(String signed) {
		assertThat(new HmacPolicy("X-Signature", "", "X-Timestamp", "X-Nonce", Algorithm.SHA256, Encoding.HEX, signed,
				false)
			.problem()).isNull();
	}

	@ParameterizedTest
	@CsvSource(delimiter = '|', textBlock = """
			{timestamp}.{nonce}         | does not have {body}
			{timestamp}.{nonce}.{body}.{body} | has {body} twice
			{timestamp}{nonce}.{body}    | has two places with nothing between
			{nonce}.{body}              | does not have {timestamp}
			{timestamp}.{body}          | does not have {nonce}
			{timestamp}.{nonce}.{id}.{body} | has {id}
			{timestamp}.{nonce}-{body}  | has nothing beside {nonce}
			{timestamp}.{nonce}0_{body} | has nothing beside {nonce}
			{body}-{nonce}.{timestamp}  | has nothing beside {nonce}
			{timestamp}0{nonce}.{body}  | has nothing beside {timestamp}
			{nonce}.{body}1{timestamp}  | has nothing beside {timestamp}
			""")
	void saysWhatIsWrongWithWhatIsSigned(String signed, String problem) {
		HmacPolicy policy = new HmacPolicy("X-Signature", "", "X-Timestamp", "X-Nonce", Algorithm.SHA256, Encoding.HEX,
				signed, false);
		assertThat(policy.problem()).startsWith(problem);
		assertThat(FULL.problem()).isNull();
	}

}
