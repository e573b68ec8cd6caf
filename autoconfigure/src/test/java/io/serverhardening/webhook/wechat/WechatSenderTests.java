package io.serverhardening.webhook.wechat;

import java.nio.charset.StandardCharsets;
import java.util.List;

import io.serverhardening.WebhookPush;
import io.serverhardening.WebhookVerdict;
import io.serverhardening.WebhookVerdict.Answered;
import io.serverhardening.WebhookVerdict.Genuine;
import io.serverhardening.WebhookVerdict.Refused;
import io.serverhardening.internal.message.UnreadableMessageException;
import io.serverhardening.webhook.TestPush;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import org.springframework.http.HttpMethod;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * What is believed to be WeChat's, in each mode.
 */
class WechatSenderTests {

	private static final String SAFE_QUERY = "signature=6c5c811b55cc85e0e1b54100749188c20beb3f5d&timestamp=1714112445"
			+ "&nonce=415670741&openid=o9AgO5Kd5ggOC-bXrbNODIiE3bGY&encrypt_type=aes"
			+ "&msg_signature=046e02f8204d34f8ba5fa3b1db94908f3df2e9b3";

	private static final String SAFE_BODY = "{\"ToUserName\":\"gh_97417a04a28d\",\"Encrypt\":\""
			+ WechatVectors.ENCRYPTED + "\"}";

	private static final String PLAIN_QUERY = "signature=899cf89e464efb63f54ddac96b0a0a235f53aa78&timestamp=1714037059"
			+ "&nonce=486452656";

	private static final String TEXT = "<xml><ToUserName><![CDATA[gh]]></ToUserName><FromUserName><![CDATA[user]]>"
			+ "</FromUserName><CreateTime>1714037059</CreateTime><MsgType>text</MsgType><Content>hi</Content>"
			+ "<MsgId>7</MsgId></xml>";

	private static WechatSender sender(WechatEncryption encryption) {
		return sender(encryption, WechatVectors.TOKEN);
	}

	private static WechatSender sender(WechatEncryption encryption, String... tokens) {
		return new WechatSender(encryption, List.of(tokens), List.of("b".repeat(43), WechatVectors.AES_KEY),
				WechatVectors.APP_ID);
	}

	private static WebhookPush push(boolean read, String query, String body, long atSeconds) {
		return TestPush.query(read ? HttpMethod.GET : HttpMethod.POST, query, body, atSeconds);
	}

	private static boolean isRefused(WebhookVerdict verdict) {
		return verdict instanceof Refused;
	}

	private static Genuine genuine(WebhookVerdict verdict) {
		assertThat(verdict).isInstanceOf(Genuine.class);
		return (Genuine) verdict;
	}

	private static String text(Genuine genuine) {
		return new String(genuine.body(), StandardCharsets.UTF_8);
	}

	private static String answer(WebhookVerdict verdict) {
		assertThat(verdict).isInstanceOf(Answered.class);
		return ((Answered) verdict).text();
	}

	@Test
	void echoesWhatWeChatSigned() {
		String query = "signature=f464b24fc39322e44b38aa78f5edd27bd1441696&timestamp=1714036504&nonce=1514711492"
				+ "&echostr=4375120948345356249";
		for (WechatEncryption encryption : WechatEncryption.values()) {
			assertThat(answer(sender(encryption).verify(push(true, query, "", 1714036504))))
				.isEqualTo("4375120948345356249");
		}
	}

	@Test
	void decryptsAnEchoThatIsEncrypted() {
		WechatSender sender = new WechatSender(WechatEncryption.SAFE, List.of("123456"),
				List.of("kWxPEV2UEDyxWpmPdKC3F4dgPDmOvfKX1HGnEUDS1aR"), "wx49f0ab532d5d035a");
		String query = "msg_signature=dd6b9c95b495b3f7e2901bfbc76c664930ffdb96&timestamp=1411443780&nonce=437374425"
				+ "&echostr=4ByGGj+sVCYcvGeQYhaKIk1o0pQRNbRjxybjTGblXrBaXlTXeOo1+bXFXDQQb1o6co6Yh9Bv41n7hOchLF6p+Q==";
		assertThat(answer(sender.verify(push(true, query, "", 1411443780)))).isEqualTo("5927782489442352469");
	}

	@ParameterizedTest
	@ValueSource(strings = { "timestamp=1714036504&nonce=1514711492&echostr=x",
			"signature=&timestamp=1714036504&nonce=1514711492&echostr=x",
			"signature=f464b24fc39322e44b38aa78f5edd27bd1441697&timestamp=1714036504&nonce=1514711492&echostr=x",
			"signature=f464b24fc39322e44b38aa78f5edd27bd1441696&timestamp=1714036504&nonce=1514711492", "echostr=x" })
	void doesNotEchoWhatIsNotSigned(String query) {
		assertThat(isRefused(sender(WechatEncryption.PLAIN).verify(push(true, query, "", 1714036504)))).isTrue();
	}

	@Test
	void takesAPlainMessage() {
		Genuine message = genuine(sender(WechatEncryption.PLAIN).verify(push(false, PLAIN_QUERY, TEXT, 1714037060)));
		assertThat(message.fields()).containsEntry("MsgType", "text").containsEntry("Content", "hi");
		assertThat(message.id()).isEqualTo(WechatVectors.APP_ID + "|7|user|1714037059");
		assertThat(message.toString()).doesNotContain("hi").doesNotContain("user");
		assertThat(message.reply()).isNull();
	}

	@ParameterizedTest
	@ValueSource(strings = { "SAFE", "COMPATIBLE" })
	void decryptsAMessage(WechatEncryption encryption) {
		Genuine message = genuine(sender(encryption).verify(push(false, SAFE_QUERY, SAFE_BODY, 1714112445)));
		assertThat(text(message)).isEqualTo(WechatVectors.PLAIN);
		assertThat(message.fields()).containsEntry("Event", "debug_demo");
		assertThat(message.reply() != null).isEqualTo(encryption == WechatEncryption.SAFE);
	}

	@Test
	void readsOnlyWhatIsEncryptedInCompatibleMode() {
		String body = SAFE_BODY.replace("\"ToUserName\"", "\"Content\":\"forged\",\"ToUserName\"");
		Genuine message = genuine(
				sender(WechatEncryption.COMPATIBLE).verify(push(false, SAFE_QUERY, body, 1714112445)));
		assertThat(text(message)).isEqualTo(WechatVectors.PLAIN);
		assertThat(message.fields()).doesNotContainKey("Content");
	}

	@Test
	void signsItsReply() {
		String reply = WechatReply.write(
				"ELGduP2YcVatjqIS+eZbp80MNLoAUWvzzyJxgGzxZO/5sAvd070Bs6qrLARC9nVHm48Y4hyRbtzve1L32tmxSQ==",
				WechatVectors.TOKEN, "1713424427", "415670741", true);
		assertThat(reply).contains("\"MsgSignature\":\"1b9339964ed2e271e7c7b6ff2b0ef902fc94dea1\"")
			.contains("\"TimeStamp\":1713424427")
			.contains("\"Nonce\":\"415670741\"");
		assertThat(WechatReply.write("e", "t", "1", "n", false)).startsWith("<xml><Encrypt><![CDATA[e]]>");
	}

	@Test
	void encryptsAnewForEachAttempt() {
		Genuine message = genuine(sender(WechatEncryption.SAFE).verify(push(false, SAFE_QUERY, SAFE_BODY, 1714112445)));
		assertThat(message.reply()).isNotNull();
		byte[] plain = "reply".getBytes(StandardCharsets.UTF_8);
		assertThat(message.reply().apply(plain)).isNotEqualTo(message.reply().apply(plain));
	}

	@Test
	void takesEitherOfTwoTokens() {
		assertThat(sender(WechatEncryption.SAFE, "new", WechatVectors.TOKEN)
			.verify(push(false, SAFE_QUERY, SAFE_BODY, 1714112445))).isInstanceOf(Genuine.class);
		assertThat(
				isRefused(sender(WechatEncryption.SAFE, "new").verify(push(false, SAFE_QUERY, SAFE_BODY, 1714112445))))
			.isTrue();
	}

	@ParameterizedTest
	@ValueSource(strings = { "SAFE", "COMPATIBLE" })
	void refusesAPlainMessageWhereTheyAreEncrypted(WechatEncryption encryption) {
		assertThat(isRefused(sender(encryption).verify(push(false, PLAIN_QUERY, TEXT, 1714037059)))).isTrue();
		// The plain signature is right; that of the message is missing.
		String downgraded = SAFE_QUERY.substring(0, SAFE_QUERY.indexOf("&msg_signature"));
		assertThat(isRefused(sender(encryption).verify(push(false, downgraded, SAFE_BODY, 1714112445)))).isTrue();
		assertThat(isRefused(sender(encryption).verify(push(false, SAFE_QUERY, TEXT, 1714112445)))).isTrue();
	}

	@Test
	void refusesAnEncryptedMessageWhereTheyArePlain() {
		assertThat(isRefused(sender(WechatEncryption.PLAIN).verify(push(false, SAFE_QUERY, SAFE_BODY, 1714112445))))
			.isTrue();
	}

	@Test
	void refusesWhatWasChanged() {
		String body = SAFE_BODY.replace("+qdx1", "+qdx2");
		assertThat(isRefused(sender(WechatEncryption.SAFE).verify(push(false, SAFE_QUERY, body, 1714112445)))).isTrue();
	}

	@Test
	void refusesWhatIsForAnotherApp() {
		WechatSender sender = new WechatSender(WechatEncryption.SAFE, List.of(WechatVectors.TOKEN),
				List.of(WechatVectors.AES_KEY), "wx0000000000000000");
		assertThat(isRefused(sender.verify(push(false, SAFE_QUERY, SAFE_BODY, 1714112445)))).isTrue();
	}

	@ParameterizedTest
	@ValueSource(longs = { 1714112445 + 301, 1714112445 - 301, 1714112445 + 86400 })
	void refusesWhatIsOldOrOfTheFuture(long now) {
		assertThat(isRefused(sender(WechatEncryption.SAFE).verify(push(false, SAFE_QUERY, SAFE_BODY, now)))).isTrue();
	}

	@ParameterizedTest
	@ValueSource(longs = { 1714112445 + 300, 1714112445 - 300 })
	void takesWhatIsJustFreshEnough(long now) {
		assertThat(sender(WechatEncryption.SAFE).verify(push(false, SAFE_QUERY, SAFE_BODY, now)))
			.isInstanceOf(Genuine.class);
	}

	@ParameterizedTest
	@ValueSource(strings = { "\u0002", "\u0010", "\u001D", "\f", "\u0000" })
	void takesTextsThatXmlForbids(String control) {
		String body = TEXT.replace("hi", "h" + control + "é" + control + "i");
		Genuine message = genuine(sender(WechatEncryption.PLAIN).verify(push(false, PLAIN_QUERY, body, 1714037060)));
		assertThat(message.fields()).containsEntry("Content", "héi");
		assertThat(message.body()).isEqualTo(body.getBytes(StandardCharsets.UTF_8));
	}

	@ParameterizedTest
	@ValueSource(strings = { "if (a[b[0]]>1)", "]]>", "]]>]]>", "<xml><a><![CDATA[x]]></a></xml>",
			"<xml><Content><![CDATA[x]]></Content></xml>", "<![CDATA[", "a ]]> b <![CDATA[c", "]]>&<b>" })
	void takesTextsThatEndASectionOfTheirOwn(String content) {
		String body = TEXT.replace("<Content>hi</Content>", "<Content><![CDATA[" + content + "]]></Content>");
		Genuine message = genuine(sender(WechatEncryption.PLAIN).verify(push(false, PLAIN_QUERY, body, 1714037060)));
		assertThat(message.fields()).containsEntry("MsgId", "7").containsEntry("FromUserName", "user");
		assertThat(message.body()).isEqualTo(body.getBytes(StandardCharsets.UTF_8));
		// What is well-formed by chance is read as XML has it.
		if (!content.startsWith("a ")) {
			assertThat(message.fields()).containsEntry("Content", content);
		}
	}

	@Test
	void readsSectionsOnceHoweverManyThereAre() {
		StringBuilder xml = new StringBuilder("<xml>");
		for (int i = 0; i < 60_000; i++) {
			xml.append("<a").append(i).append("><![CDATA[]]></a").append(i).append('>');
		}
		String text = xml.toString();
		// Some two million characters; each section to the end would be 60 billion.
		assertThat(WechatXml.escaped(text)).isEqualTo(text);
		assertThat(WechatXml.escaped("<a><![CDATA[".repeat(60_000))).hasSize(12 * 60_000);
	}

	@Test
	void countsElementsAndNotTheirNames() {
		String xml = "<xml>" + "<a/>".repeat(600) + "</xml>";
		String json = "{\"a\":1" + ",\"a\":1".repeat(2000) + "}";
		for (String body : List.of(xml, json)) {
			assertThatExceptionOfType(UnreadableMessageException.class)
				.isThrownBy(() -> sender(WechatEncryption.PLAIN).verify(push(false, PLAIN_QUERY, body, 1714037059)))
				.withMessageContaining("too many");
		}
	}

	@ParameterizedTest
	@ValueSource(strings = { "<xml><MsgId>7</MsgId>", "{\"MsgId\":", "", "[]", "plain text",
			"<!DOCTYPE xml [<!ENTITY e SYSTEM \"file:///etc/passwd\">]><xml><Content>&e;</Content></xml>",
			"<!DOCTYPE xml [<!ENTITY a \"aaaa\"><!ENTITY b \"&a;&a;&a;\">]><xml><Content>&b;</Content></xml>" })
	void doesNotReadWhatIsNoMessage(String body) {
		assertThatExceptionOfType(UnreadableMessageException.class)
			.isThrownBy(() -> sender(WechatEncryption.PLAIN).verify(push(false, PLAIN_QUERY, body, 1714037059)));
	}

	// A name is part of the path of everything below it: fields would take more memory
	// than
	// there is.
	@Test
	void readsNothingOfWhatIsNotSigned() {
		String name = "n".repeat(50_000);
		String body = ("{\"" + name + "\":").repeat(31) + "{}" + "}".repeat(31);
		assertThatExceptionOfType(UnreadableMessageException.class)
			.isThrownBy(() -> sender(WechatEncryption.SAFE).verify(push(false, SAFE_QUERY, body, 1714112445)));
		StringBuilder many = new StringBuilder("{\"Encrypt\":\"x\"");
		for (int i = 0; i < 100_000; i++) {
			many.append(",\"f").append(i).append("\":1");
		}
		assertThat(isRefused(sender(WechatEncryption.SAFE).verify(push(false, SAFE_QUERY, many + "}", 1714112445))))
			.isTrue();
	}

	@Test
	void answersTheProbeOfTheCloud() {
		assertThat(answer(sender(WechatEncryption.SAFE)
			.verify(push(false, "", "{\"action\": \"CheckContainerPath\"}", 1714037059)))).isEqualTo("success");
		assertThat(isRefused(sender(WechatEncryption.SAFE)
			.verify(push(false, "", "{\"action\":\"CheckContainerPath\",\"MsgId\":1}", 1714037059)))).isTrue();
	}

	@Test
	void tellsEventsOfTheSameSecondApart() {
		String event = "<xml><FromUserName>u</FromUserName><CreateTime>1</CreateTime><MsgType>event</MsgType>"
				+ "<Event>CLICK</Event><EventKey>%s</EventKey></xml>";
		WechatSender sender = sender(WechatEncryption.PLAIN);
		Genuine one = genuine(sender.verify(push(false, PLAIN_QUERY, event.formatted("A"), 1714037059)));
		Genuine two = genuine(sender.verify(push(false, PLAIN_QUERY, event.formatted("B"), 1714037059)));
		assertThat(one.id()).isNotEqualTo(two.id());
	}

}
