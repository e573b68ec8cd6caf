package io.serverhardening.sample.wechat;

import java.time.Duration;
import java.time.Instant;
import java.util.Objects;

import io.serverhardening.WebhookMessage;
import io.serverhardening.sample.ledger.Ledger;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RestController;

/**
 * Where WeChat pushes messages: verified and decrypted by the starter, and each of them
 * handled once. A quick answer is a passive reply; one that takes longer would say
 * {@link #ACKNOWLEDGEMENT} and use the customer-service API.
 */
@RestController
class PushController {

	// Ends WeChat's attempts to deliver; anything else shows the user an error.
	static final String ACKNOWLEDGEMENT = "success";

	private final Ledger ledger;

	private final Duration think;

	PushController(WeChatProperties properties, Ledger ledger) {
		this.ledger = ledger;
		this.think = properties.think();
	}

	@PostMapping("/wechat/push")
	Mono<String> receive(WebhookMessage message) {
		return this.ledger.write(entry(message)).then(Mono.delay(this.think)).thenReturn(answer(message));
	}

	private static String entry(WebhookMessage message) {
		return message.field("FromUserName") + " " + message.field("CreateTime") + " " + message.field("MsgType");
	}

	private static String answer(WebhookMessage message) {
		if (message.text().startsWith("{")) {
			// Mini programs take no passive replies.
			return ACKNOWLEDGEMENT;
		}
		return switch (Objects.requireNonNullElse(message.field("MsgType"), "")) {
			case "text" -> reply(message, "You said: " + message.field("Content"));
			case "event" -> "subscribe".equals(message.field("Event")) ? reply(message, "Welcome!") : ACKNOWLEDGEMENT;
			default -> ACKNOWLEDGEMENT;
		};
	}

	private static String reply(WebhookMessage message, String text) {
		return "<xml><ToUserName>" + cdata(message.field("FromUserName")) + "</ToUserName><FromUserName>"
				+ cdata(message.field("ToUserName")) + "</FromUserName><CreateTime>" + Instant.now().getEpochSecond()
				+ "</CreateTime><MsgType>text</MsgType><Content>" + cdata(text) + "</Content></xml>";
	}

	private static String cdata(@Nullable String text) {
		return "<![CDATA[" + String.valueOf(text).replace("]]>", "]]]]><![CDATA[>") + "]]>";
	}

}
