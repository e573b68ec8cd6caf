package io.serverhardening.sample.wechat;

import java.nio.charset.StandardCharsets;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * Messages that WeChat sends, and messages that others do.
 */
class PushMessageTests {

	private static PushMessage parse(String xml) {
		return PushMessage.parse(xml.getBytes(StandardCharsets.UTF_8));
	}

	@Test
	void readsTheFieldsOfAMessage() {
		PushMessage message = parse("<xml><ToUserName><![CDATA[gh_1]]></ToUserName><CreateTime>1714037059</CreateTime>"
				+ "<MsgType><![CDATA[text]]></MsgType><Content><![CDATA[你好 <b>]]></Content></xml>");
		assertThat(message.field("MsgType")).isEqualTo("text");
		assertThat(message.field("CreateTime")).isEqualTo("1714037059");
		assertThat(message.field("Content")).isEqualTo("你好 <b>");
		assertThat(message.field("MsgId")).isNull();
	}

	@ParameterizedTest
	@ValueSource(strings = { "", "not xml", "<xml><MsgType>text</MsgType>",
			"<!DOCTYPE xml [<!ENTITY x SYSTEM \"file:///etc/passwd\">]><xml><Content>&x;</Content></xml>",
			"<!DOCTYPE xml [<!ENTITY a \"aaaaaaaaaa\"><!ENTITY b \"&a;&a;&a;&a;\">]><xml><Content>&b;</Content></xml>",
			"<!DOCTYPE xml SYSTEM \"http://127.0.0.1:1/evil.dtd\"><xml><Content>x</Content></xml>",
			"<xml><Content>&undefined;</Content></xml>" })
	void refusesWhatIsNotAMessage(String xml) {
		assertThatExceptionOfType(MalformedMessageException.class).isThrownBy(() -> parse(xml));
	}

	@Test
	void refusesMoreFieldsThanAnyMessageHas() {
		StringBuilder xml = new StringBuilder("<xml>");
		for (int i = 0; i < 65; i++) {
			xml.append("<f").append(i).append(">x</f").append(i).append('>');
		}
		assertThatExceptionOfType(MalformedMessageException.class)
			.isThrownBy(() -> parse(xml.append("</xml>").toString()));
	}

}
