package io.serverhardening.autoconfigure.message;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyPairGenerator;
import java.security.PublicKey;
import java.util.Base64;
import java.util.UUID;

import javax.crypto.Cipher;
import javax.crypto.spec.GCMParameterSpec;
import javax.crypto.spec.SecretKeySpec;

import io.serverhardening.autoconfigure.resolution.Resolution;
import io.serverhardening.autoconfigure.route.SettingsInForce;
import io.serverhardening.testing.RawClient;
import io.serverhardening.testing.TestServer;
import io.serverhardening.webhook.wechat.WechatPayVectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * A key in a file, which settings that are applied again find changed.
 */
class WebhookKeyFileIT {

	private static final String IV = "123456789012";

	@Test
	void settingsThatAreAppliedAgainReadTheFileAgain(@TempDir Path directory)
			throws IOException, GeneralSecurityException {
		KeyPairGenerator generator = KeyPairGenerator.getInstance("RSA");
		generator.initialize(2048);
		Path file = directory.resolve("pay.pem");
		write(file, generator.generateKeyPair().getPublic());
		String prefix = "server.hardening.";
		try (TestServer server = TestServer.start(prefix + "webhook.pay.sender=wechatpay",
				prefix + "webhook.pay.aes-keys=" + WechatPayVectors.API_KEY,
				prefix + "webhook.pay.public-keys=PUB_KEY_ID_1=file:" + file, prefix + "routes.pay.path=/mirror",
				prefix + "routes.pay.webhook=pay", prefix + "routes.pay.response.timeout=2s")) {
			assertThat(push(server)).isEqualTo(401);
			write(file, WechatPayVectors.publicKey());
			server.bean(SettingsInForce.class).apply(Resolution.of(server.bean(Resolution.class).written()));
			assertThat(push(server)).isEqualTo(200);
		}
	}

	private static void write(Path file, PublicKey key) throws IOException {
		Files.writeString(file, "-----BEGIN PUBLIC KEY-----\n"
				+ Base64.getMimeEncoder().encodeToString(key.getEncoded()) + "\n-----END PUBLIC KEY-----\n");
	}

	private static int push(TestServer server) throws GeneralSecurityException {
		Cipher cipher = Cipher.getInstance("AES/GCM/NoPadding");
		cipher.init(Cipher.ENCRYPT_MODE,
				new SecretKeySpec(WechatPayVectors.API_KEY.getBytes(StandardCharsets.UTF_8), "AES"),
				new GCMParameterSpec(128, IV.getBytes(StandardCharsets.UTF_8)));
		String body = "{\"id\":\"EV-1\",\"resource\":{\"algorithm\":\"AEAD_AES_256_GCM\",\"ciphertext\":\""
				+ Base64.getEncoder().encodeToString(cipher.doFinal("{}".getBytes(StandardCharsets.UTF_8)))
				+ "\",\"nonce\":\"" + IV + "\"}}";
		String time = Long.toString(System.currentTimeMillis() / 1000);
		String nonce = UUID.randomUUID().toString();
		try (RawClient client = server.connect()) {
			return client
				.send("POST", "/mirror", "Wechatpay-Serial: PUB_KEY_ID_1", "Wechatpay-Timestamp: " + time,
						"Wechatpay-Nonce: " + nonce, "Wechatpay-Signature: " + WechatPayVectors.sign(time, nonce, body),
						"Content-Type: application/json", "Content-Length: " + body.length())
				.write(body)
				.response()
				.status();
		}
	}

}
