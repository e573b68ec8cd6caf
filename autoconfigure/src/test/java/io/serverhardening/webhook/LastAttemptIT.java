package io.serverhardening.webhook;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;

import io.serverhardening.Ending;
import io.serverhardening.deduplication.DeduplicationGuard;
import io.serverhardening.testing.RawClient;
import io.serverhardening.testing.TestRedis;
import io.serverhardening.testing.TestServer;
import io.serverhardening.webhook.sender.Signatures;
import io.serverhardening.webhook.wechat.WechatVectors;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;

import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RestController;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * The last attempt at a push, while Redis is stopped.
 */
class LastAttemptIT {

	private static final String HOOK = "server.hardening.webhook.account.";

	private static final String ROUTE = "server.hardening.routes.push.";

	private static RawClient begin(TestServer server, String nonce) {
		String body = "<xml><ToUserName>gh</ToUserName><FromUserName>u</FromUserName><CreateTime>1</CreateTime>"
				+ "<MsgType>text</MsgType><Content>hi</Content><MsgId>1</MsgId></xml>";
		String timestamp = Long.toString(System.currentTimeMillis() / 1000);
		return server.connect()
			.send("POST",
					"/push/failing?signature=" + Signatures.sorted(WechatVectors.TOKEN, timestamp, nonce)
							+ "&timestamp=" + timestamp + "&nonce=" + nonce,
					"Content-Type: text/xml", "Content-Length: " + body.getBytes(StandardCharsets.UTF_8).length)
			.write(body);
	}

	@Test
	void isHandedTheMessageThatHasFailed() {
		try (TestRedis redis = TestRedis.embedded();
				TestServer server = TestServer.start(redis, List.of(Failing.class), "spring.application.name=shop",
						HOOK + "sender=wechat", HOOK + "secrets=AAAAA", HOOK + "encryption=plain",
						ROUTE + "path=/push/**", ROUTE + "webhook=account", ROUTE + "deduplication.key=wechat",
						ROUTE + "response.timeout=3s", ROUTE + "deduplication.run-timeout=20s")) {
			redis.stop();
			// Its sender gives up on the first two; its handler fails while the third
			// waits.
			try (RawClient first = begin(server, "1")) {
				server.awaitCount("push", Ending.REFUSED, 1);
				try (RawClient second = begin(server, "2")) {
					server.awaitCount("push", Ending.REFUSED, 2);
					try (RawClient third = begin(server, "3")) {
						await().untilAsserted(() -> assertThat(server.guard(DeduplicationGuard.class).state().waiting())
							.isEqualTo(1));
						server.bean(Failing.class).fail.tryEmitError(new IllegalStateException("Planted"));
						RawClient.Response last = third.response();
						assertThat(last.status() + " " + last.body() + ", handled "
								+ server.bean(Failing.class).handled.get())
							.isEqualTo("200 success, handled 1");
					}
					assertThat(second.end().received()).isEmpty();
				}
				assertThat(first.end().received()).isEmpty();
			}
		}
	}

	@RestController
	static class Failing {

		private final AtomicInteger runs = new AtomicInteger();

		private final AtomicInteger handled = new AtomicInteger();

		private final Sinks.One<String> fail = Sinks.one();

		@PostMapping("/push/failing")
		Mono<String> push() {
			if (this.runs.incrementAndGet() == 1) {
				return this.fail.asMono();
			}
			this.handled.incrementAndGet();
			return Mono.just("success");
		}

	}

}
