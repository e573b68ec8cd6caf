package io.serverhardening.webhook.wechat;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Base64;

import javax.crypto.Cipher;
import javax.crypto.spec.IvParameterSpec;
import javax.crypto.spec.SecretKeySpec;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

/**
 * WeChat's encryption, both ways.
 */
class WechatCipherTests {

	private static final String OTHER_KEY = "abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG";

	private final WechatCipher cipher = new WechatCipher(WechatVectors.AES_KEY, WechatVectors.APP_ID);

	private static byte[] bytes(String text) {
		return text.getBytes(StandardCharsets.UTF_8);
	}

	private static String text(byte[] bytes) {
		return (bytes != null) ? new String(bytes, StandardCharsets.UTF_8) : null;
	}

	// Encrypt a frame of any shape, as a broken or hostile sender would.
	private static String frame(byte[] frame) throws Exception {
		byte[] key = Base64.getDecoder().decode(WechatVectors.AES_KEY + "=");
		Cipher cipher = Cipher.getInstance("AES/CBC/NoPadding");
		cipher.init(Cipher.ENCRYPT_MODE, new SecretKeySpec(key, "AES"), new IvParameterSpec(key, 0, 16));
		return Base64.getEncoder().encodeToString(cipher.doFinal(frame));
	}

	@Test
	void decryptsTheMessageOfTheDocumentation() {
		assertThat(text(this.cipher.decrypt(WechatVectors.ENCRYPTED))).isEqualTo(WechatVectors.PLAIN);
	}

	@Test
	void encryptsTheReplyOfTheDocumentation() {
		assertThat(this.cipher.encrypt(bytes("{\"demo_resp\":\"good luck\"}"), bytes("707722b803182950")))
			.isEqualTo("ELGduP2YcVatjqIS+eZbp80MNLoAUWvzzyJxgGzxZO/5sAvd070Bs6qrLARC9nVHm48Y4hyRbtzve1L32tmxSQ==");
	}

	@Test
	void encryptsTextThatIsNotAscii() {
		WechatCipher other = new WechatCipher(OTHER_KEY, "wxb11529c136998cb6");
		String encrypted = other.encrypt(bytes("我是中文abcd123"), bytes("aaaabbbbccccdddd"));
		assertThat(encrypted)
			.isEqualTo("jn1L23DB+6ELqJ+6bruv21Y6MD7KeIfP82D6gU39rmkgczbWwt5+3bnyg5K55bgVtVzd832WzZGMhkP72vVOfg==");
		assertThat(text(other.decrypt(encrypted))).isEqualTo("我是中文abcd123");
	}

	@Test
	void decryptsAnEchoString() {
		WechatCipher other = new WechatCipher("kWxPEV2UEDyxWpmPdKC3F4dgPDmOvfKX1HGnEUDS1aR", "wx49f0ab532d5d035a");
		assertThat(text(other
			.decrypt("4ByGGj+sVCYcvGeQYhaKIk1o0pQRNbRjxybjTGblXrBaXlTXeOo1+bXFXDQQb1o6co6Yh9Bv41n7hOchLF6p+Q==")))
			.isEqualTo("5927782489442352469");
	}

	@ParameterizedTest
	@ValueSource(ints = { 0, 1, 11, 12, 13, 27, 28, 29, 44, 1000 })
	void readsWhatItWritesWhateverTheLength(int length) {
		byte[] message = new byte[length];
		Arrays.fill(message, (byte) 'x');
		assertThat(this.cipher.decrypt(this.cipher.encrypt(message, new byte[16]))).isEqualTo(message);
	}

	@Test
	void refusesAMessageForAnotherApp() {
		WechatCipher other = new WechatCipher(WechatVectors.AES_KEY, "wx0000000000000000");
		assertThat(other.decrypt(WechatVectors.ENCRYPTED)).isNull();
		WechatCipher shorter = new WechatCipher(WechatVectors.AES_KEY, "wxba5fad812f8e6fb");
		assertThat(shorter.decrypt(WechatVectors.ENCRYPTED)).isNull();
	}

	@ParameterizedTest
	@CsvSource({ "0", "33", "127", "-1" })
	void refusesAPadThatIsNone(byte pad) throws Exception {
		byte[] frame = new byte[64];
		Arrays.fill(frame, pad);
		assertThat(this.cipher.decrypt(frame(frame))).isNull();
	}

	@Test
	void refusesAPadThatIsInconsistent() throws Exception {
		byte[] app = bytes(WechatVectors.APP_ID);
		ByteBuffer frame = ByteBuffer.allocate(64).put(new byte[16]).putInt(10).put(new byte[10]).put(app);
		int pad = frame.remaining();
		while (frame.hasRemaining()) {
			frame.put((byte) pad);
		}
		assertThat(this.cipher.decrypt(frame(frame.array()))).hasSize(10);
		frame.put(63 - pad / 2, (byte) (pad + 1));
		assertThat(this.cipher.decrypt(frame(frame.array()))).isNull();
	}

	@ParameterizedTest
	@ValueSource(ints = { Integer.MAX_VALUE, -1, Integer.MIN_VALUE, 40 })
	void refusesALengthThatCannotBe(int length) throws Exception {
		ByteBuffer frame = ByteBuffer.allocate(64).put(new byte[16]).putInt(length).put(new byte[43]).put((byte) 1);
		assertThat(this.cipher.decrypt(frame(frame.array()))).isNull();
	}

	@ParameterizedTest
	@ValueSource(strings = { "", "AAAA", "not base64!", "====", "AAAAAAAAAAAAAAAAAAAAAA==" })
	void refusesWhatIsNoMessage(String encrypted) {
		assertThat(this.cipher.decrypt(encrypted)).isNull();
	}

	@ParameterizedTest
	@ValueSource(strings = { "", "short", "!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!" })
	void refusesAKeyThatIsNone(String key) {
		assertThatIllegalArgumentException().isThrownBy(() -> new WechatCipher(key, "wx1"));
	}

}
