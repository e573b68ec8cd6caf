package io.serverhardening.webhook.wechat;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;

import io.serverhardening.WebhookPush;
import io.serverhardening.WebhookVerdict.Genuine;
import io.serverhardening.WebhookVerdict.Refused;
import io.serverhardening.internal.message.UnreadableMessageException;
import io.serverhardening.webhook.TestPush;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

/**
 * What is believed to be WeChat Pay's.
 */
class WechatPaySenderTests {

	private static final long NOW = Long.parseLong(WechatPayVectors.TIMESTAMP);

	private static WechatPayKeys keys(@Nullable String id, String... pems) {
		WechatPayKeys keys = new WechatPayKeys();
		for (String pem : pems) {
			keys.add(id, pem);
		}
		return keys;
	}

	private static WechatPaySender sender(WechatPayKeys keys, String... apiKeys) {
		return new WechatPaySender(keys.keys(), List.of(apiKeys));
	}

	private static WechatPaySender sender() {
		return sender(keys(null, WechatPayVectors.CERTIFICATE), WechatPayVectors.API_KEY);
	}

	private static WebhookPush push(String serial, String timestamp, String nonce, String signature, String body) {
		return TestPush.post(body, NOW, "Wechatpay-Serial:" + serial, "Wechatpay-Timestamp:" + timestamp,
				"Wechatpay-Nonce:" + nonce, "Wechatpay-Signature:" + signature);
	}

	private static WebhookPush push() {
		return push(WechatPayVectors.SERIAL, WechatPayVectors.TIMESTAMP, WechatPayVectors.NONCE,
				WechatPayVectors.SIGNATURE, WechatPayVectors.BODY);
	}

	@Test
	void verifiesWhatTheGoSdkVerifies() {
		WebhookPush push = push(WechatPayVectors.GO_SERIAL, WechatPayVectors.GO_TIMESTAMP, WechatPayVectors.GO_NONCE,
				WechatPayVectors.GO_SIGNATURE, WechatPayVectors.GO_BODY);
		WechatPayKeys keys = keys(null, WechatPayVectors.GO_CERTIFICATE);
		assertThat(keys.keys()).containsOnlyKeys(WechatPayVectors.GO_SERIAL);
		assertThat(WechatPaySender.isSigned(push, keys.keys().get(WechatPayVectors.GO_SERIAL),
				WechatPayVectors.GO_TIMESTAMP, WechatPayVectors.GO_NONCE, WechatPayVectors.GO_SIGNATURE))
			.isTrue();
	}

	@Test
	void decryptsWhatTheJavaSdkDecrypts() {
		WechatPaySender sender = sender(keys(null), WechatPayVectors.API_KEY, WechatPayVectors.JAVA_API_KEY);
		assertThat(sender.decrypt(WechatPayVectors.JAVA_CIPHERTEXT, WechatPayVectors.JAVA_NONCE,
				WechatPayVectors.JAVA_ASSOCIATED))
			.asString()
			.isEqualTo("message");
		assertThat(sender.decrypt(WechatPayVectors.JAVA_CIPHERTEXT, WechatPayVectors.JAVA_NONCE, "associatedDatA"))
			.isNull();
	}

	@Test
	void putsTheResourceWhereItWasEncrypted() {
		assertThat(sender().verify(push())).isInstanceOfSatisfying(Genuine.class, (genuine) -> {
			assertThat(genuine.id()).isEqualTo("EV-2018022511223320873");
			assertThat(genuine.nonce()).isEqualTo(WechatPayVectors.NONCE);
			String body = new String(genuine.body(), StandardCharsets.UTF_8);
			assertThat(body).startsWith("{\"id\":\"EV-2018022511223320873\",")
				.contains("\"summary\":\"支付成功\",\"resource\":" + WechatPayVectors.RESOURCE + "}");
			assertThat(genuine.fields()).containsEntry("event_type", "TRANSACTION.SUCCESS")
				.containsEntry("resource.out_trade_no", "1217752501201407033233368018")
				.containsEntry("resource.amount.total", "100");
		});
	}

	@Test
	void takesAPublicKeyByItsId() {
		WechatPaySender sender = sender(keys("PUB_KEY_ID_0114232134912410000000000000", WechatPayVectors.PUBLIC_KEY),
				WechatPayVectors.API_KEY);
		assertThat(sender.verify(push("PUB_KEY_ID_0114232134912410000000000000", WechatPayVectors.TIMESTAMP,
				WechatPayVectors.NONCE, WechatPayVectors.SIGNATURE, WechatPayVectors.BODY)))
			.isInstanceOf(Genuine.class);
		assertThat(sender.verify(push())).isInstanceOf(Refused.class);
	}

	@Test
	void takesWhatEitherOfTwoCertificatesSigned() {
		WechatPayKeys both = keys(null, WechatPayVectors.GO_CERTIFICATE, WechatPayVectors.CERTIFICATE);
		assertThat(sender(both, WechatPayVectors.JAVA_API_KEY, WechatPayVectors.API_KEY).verify(push()))
			.isInstanceOf(Genuine.class);
	}

	@Test
	void refusesWhatIsNotSigned() {
		WechatPaySender sender = sender();
		String serial = WechatPayVectors.SERIAL;
		String time = WechatPayVectors.TIMESTAMP;
		String nonce = WechatPayVectors.NONCE;
		String signature = WechatPayVectors.SIGNATURE;
		String body = WechatPayVectors.BODY;
		for (WebhookPush push : List.of(push(serial, time, nonce, signature, body.replace("SUCCESS", "SUCCESs")),
				push(serial, time, nonce, signature, body + " "), push(serial, "1554208461", nonce, signature, body),
				push(serial, time, nonce.substring(1), signature, body),
				push(serial, time, nonce, "WECHATPAY/SIGNTEST/" + signature.substring(19), body),
				push(serial, time, nonce, "", body), push(serial, time, nonce, "%", body),
				push(WechatPayVectors.GO_SERIAL, time, nonce, signature, body), TestPush.post(body, NOW,
						"Wechatpay-Serial:" + serial, "Wechatpay-Timestamp:" + time, "Wechatpay-Nonce:" + nonce))) {
			assertThat(sender.verify(push)).isInstanceOf(Refused.class);
		}
	}

	@ParameterizedTest
	@CsvSource({ "300,true", "-300,true", "301,false", "-301,false" })
	void takesWhatIsFresh(long later, boolean fresh) {
		WebhookPush push = push();
		WebhookPush then = new WebhookPush(push.method(), push.uri(), push.headers(), push.query(), push.body(),
				push.time().plusSeconds(later), push.tolerance());
		assertThat(sender().verify(then) instanceof Genuine).isEqualTo(fresh);
	}

	@Test
	void refusesWhatItCannotDecrypt() {
		WechatPaySender sender = sender(keys(null, WechatPayVectors.CERTIFICATE), WechatPayVectors.JAVA_API_KEY);
		assertThat(sender.verify(push())).isInstanceOfSatisfying(Refused.class,
				(refused) -> assertThat(refused.detail()).contains("decrypted"));
	}

	@ParameterizedTest
	@ValueSource(strings = { "", "{\"id\":", "{\"resource\":{\"ciphertext\":\"AAAA\"}}",
			"{\"resource\":{\"ciphertext\":\"AAAA\",\"nonce\":\"n\",\"algorithm\":\"AES\"}}" })
	void doesNotReadWhatIsNoNotification(String body) {
		WechatPaySender sender = new WechatPaySender(Map.of("1", WechatPayVectors.publicKey()),
				List.of(WechatPayVectors.API_KEY));
		String signature = WechatPayVectors.sign(WechatPayVectors.TIMESTAMP, "n", body);
		assertThatExceptionOfType(UnreadableMessageException.class)
			.isThrownBy(() -> sender.verify(push("1", WechatPayVectors.TIMESTAMP, "n", signature, body)));
	}

	@Test
	void saysWhatIsWrongWithAKey() {
		assertThatIllegalArgumentException().isThrownBy(() -> keys(null, WechatPayVectors.PUBLIC_KEY))
			.withMessageContaining("without its id");
		assertThatIllegalArgumentException().isThrownBy(() -> keys("1234", WechatPayVectors.CERTIFICATE))
			.withMessageContaining("serial number is not the one");
		assertThatIllegalArgumentException().isThrownBy(() -> keys(null, "-----BEGIN CERTIFICATE-----\nAAAA\n"))
			.withMessageContaining("neither a certificate nor a public key");
		assertThatIllegalArgumentException()
			.isThrownBy(() -> keys("1", "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----"))
			.withMessageContaining("neither a certificate nor a public key");
		assertThatIllegalArgumentException()
			.isThrownBy(() -> keys(null, WechatPayVectors.CERTIFICATE, WechatPayVectors.CERTIFICATE))
			.withMessageContaining("has the same id as another");
	}

	@Test
	void knowsAnApiKeyByItsLength() {
		assertThat(WechatPaySender.isApiKey(WechatPayVectors.API_KEY)).isTrue();
		assertThat(WechatPaySender.isApiKey("testMchAPIv3Key0")).isFalse();
	}

	@Test
	void readsASerialNumberHoweverItIsWritten() {
		assertThat(WechatPayKeys.normalized("00abC")).isEqualTo("ABC");
		assertThat(WechatPayKeys.normalized("0")).isEqualTo("0");
	}

}
