package io.serverhardening.route;

import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.Principal;
import java.time.Duration;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;

import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

import io.serverhardening.Deadline;
import io.serverhardening.Guard;
import io.serverhardening.GuardChain;
import io.serverhardening.MessageClaim;
import io.serverhardening.Rejection;
import io.serverhardening.Rejection.Outcome;
import io.serverhardening.RejectionListener;
import io.serverhardening.RejectionReason;
import io.serverhardening.Stage;
import io.serverhardening.WebhookMessage;
import io.serverhardening.testing.RawClient;
import io.serverhardening.testing.TestServer;
import io.serverhardening.testing.TestServers;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import reactor.core.publisher.Mono;

import org.springframework.core.Ordered;
import org.springframework.core.annotation.Order;
import org.springframework.http.codec.ServerCodecConfigurer;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestBody;
import org.springframework.web.bind.annotation.RestController;
import org.springframework.web.server.ServerWebExchange;
import org.springframework.web.server.ServerWebExchangeDecorator;
import org.springframework.web.server.WebFilter;
import org.springframework.web.server.WebFilterChain;
import org.springframework.web.server.adapter.DefaultServerWebExchange;
import org.springframework.web.server.i18n.AcceptHeaderLocaleContextResolver;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * Filters of an application that hand on an exchange with attributes of its own, before
 * and behind Spring Security, switch no guard off.
 */
class OwnAttributesIT {

	private static final String ROUTES = "server.hardening.routes.";

	private static final String[] SETTINGS = { "server.hardening.webhook.gh.sender=github",
			"server.hardening.webhook.gh.secrets=secret", "server.hardening.response.timeout=9s",
			ROUTES + "push.path=/pushes", ROUTES + "push.webhook=gh", ROUTES + "once.path=/once",
			ROUTES + "once.webhook=gh", ROUTES + "once.deduplication.key=body", ROUTES + "late.path=/late",
			ROUTES + "late.webhook=gh", ROUTES + "late.deduplication.key=body",
			ROUTES + "late.deduplication.order=last", ROUTES + "order.path=/order",
			ROUTES + "order.deduplication.key=header:Idempotency-Key", ROUTES + "own.path=/own",
			ROUTES + "own.rate-limit.enabled=true", ROUTES + "own.rate-limit.key=principal",
			ROUTES + "own.rate-limit.permits=1", ROUTES + "own.rate-limit.period=1h" };

	@RegisterExtension
	static final TestServers servers = new TestServers();

	private static TestServer server() {
		return servers.with(List.of(Handlers.class, First.class, BehindSecurity.class, Unordered.class), SETTINGS);
	}

	private static RawClient.Response post(String path, String body, String... headers) {
		String[] all = Stream
			.concat(Stream.of("Content-Type: text/plain", "Content-Length: " + body.length()), Stream.of(headers))
			.toArray(String[]::new);
		try (RawClient client = server().connect().send("POST", path, all).write(body)) {
			return client.response();
		}
	}

	private static RawClient.Response push(String path, String body, String delivery, String... headers)
			throws GeneralSecurityException {
		Mac mac = Mac.getInstance("HmacSHA256");
		mac.init(new SecretKeySpec("secret".getBytes(StandardCharsets.UTF_8), "HmacSHA256"));
		String signature = HexFormat.of().formatHex(mac.doFinal(body.getBytes(StandardCharsets.UTF_8)));
		return post(path, body,
				Stream
					.concat(Stream.of("X-Hub-Signature-256: sha256=" + signature, "X-GitHub-Delivery: " + delivery),
							Stream.of(headers))
					.toArray(String[]::new));
	}

	@ParameterizedTest
	@ValueSource(strings = { "first: decorated", "first: new", "behind-security: decorated", "behind-security: new",
			"unordered: decorated", "unordered: new" })
	void aPushIsStillVerified(String filter) throws GeneralSecurityException {
		assertThat(post("/pushes", "stranger", filter).status()).isEqualTo(401);
		assertThat(push("/pushes", "friend", filter, filter).body()).isEqualTo("friend of gh, in time");
	}

	@ParameterizedTest
	@ValueSource(strings = { "first: decorated", "first: new", "behind-security: decorated", "behind-security: new",
			"unordered: decorated", "unordered: new" })
	void aMessageIsStillHandledOnce(String filter) throws GeneralSecurityException {
		for (String path : List.of("/once", "/late")) {
			String name = path + ' ' + filter;
			assertThat(post(path, "stranger", filter).status()).as(name).isEqualTo(401);
			for (int copies = 0; copies < 2; copies++) {
				assertThat(push(path, name, name, filter).body()).as(name)
					.isEqualTo("run 1 of " + name + " of gh, attempt 1, in time");
			}
		}
		for (int copies = 0; copies < 2; copies++) {
			assertThat(post("/order", filter, filter, "Idempotency-Key: \"" + filter + '"').body())
				.isEqualTo("run 1 of " + filter + ", attempt 1, in time");
		}
	}

	// Each attempt has what was known where the filter stands, and nothing that belongs
	// to the attempt before.
	@Test
	void eachOfSeveralAttemptsIsGuarded() throws GeneralSecurityException {
		assertThat(post("/pushes", "stranger", "unordered: again").status()).isEqualTo(401);
		assertThat(push("/late", "retried", "retried", "unordered: again", "Fail: once").body())
			.isEqualTo("run 2 of retried of gh, attempt 2, in time");
	}

	@ParameterizedTest
	@ValueSource(strings = { "first: decorated", "behind-security: decorated" })
	void aPrincipalStillHasALimit(String filter) {
		assertThat(post("/own", "tea", filter, "User: " + filter.hashCode()).status()).isEqualTo(200);
		assertThat(post("/own", "tea", filter, "User: " + filter.hashCode()).status()).isEqualTo(429);
	}

	@ParameterizedTest
	@ValueSource(strings = { "observe", "enforce" })
	void listenersAreToldOfTheExchangeThatTheGuardHas(String mode) {
		try (TestServer server = TestServer.start(List.of(First.class, Silent.class), "server.hardening.mode=" + mode);
				RawClient client = server.connect()) {
			client.send("GET", "/fast", "first: decorated", "Mode: " + mode);
			await().until(() -> server.bean(Silent.class).heard.contains("seen"));
		}
	}

	/**
	 * Says what it knows of a request.
	 */
	@RestController
	static class Handlers {

		private final Map<String, AtomicInteger> runs = new ConcurrentHashMap<>();

		@PostMapping("/pushes")
		String push(@RequestBody String body, ServerWebExchange exchange) {
			WebhookMessage message = WebhookMessage.from(exchange);
			return body + ((message != null) ? " of " + message.source() : " of nobody") + inTime(exchange);
		}

		@PostMapping({ "/once", "/late" })
		String once(WebhookMessage message, ServerWebExchange exchange) {
			int run = run(message.text());
			if (run == 1 && exchange.getRequest().getHeaders().getFirst("Fail") != null) {
				throw new IllegalStateException("Planted");
			}
			return "run " + run + " of " + message.text() + " of " + message.source() + attempt(exchange)
					+ inTime(exchange);
		}

		@PostMapping("/order")
		String order(@RequestBody String body, ServerWebExchange exchange) {
			return "run " + run(body) + " of " + body + attempt(exchange) + inTime(exchange);
		}

		@PostMapping("/own")
		String own(@RequestBody String body) {
			return body;
		}

		private int run(String message) {
			return this.runs.computeIfAbsent(message, (unknown) -> new AtomicInteger()).incrementAndGet();
		}

		private static String attempt(ServerWebExchange exchange) {
			MessageClaim claim = MessageClaim.from(exchange);
			return (claim != null) ? ", attempt " + claim.attempt() : ", not deduplicated";
		}

		private static String inTime(ServerWebExchange exchange) {
			return (Deadline.from(exchange).remainingNanos() < Long.MAX_VALUE) ? ", in time" : ", for ever";
		}

	}

	/**
	 * Leaves requests without an answer, or refuses them, and hears of it.
	 */
	static class Silent implements Guard, RejectionListener {

		private final Queue<String> heard = new ConcurrentLinkedQueue<>();

		@Override
		public String name() {
			return "silent";
		}

		@Override
		public Stage stage() {
			return Stage.IDENTITY;
		}

		@Override
		public Mono<Void> apply(ServerWebExchange exchange, GuardChain chain) {
			exchange.getAttributes().put("seen", "seen");
			Rejection rejection = Rejection.of(RejectionReason.OVERLOADED);
			return "observe".equals(exchange.getRequest().getHeaders().getFirst("Mode"))
					? chain.refuse(exchange, rejection)
					: chain.leaveUnanswered(exchange, rejection, Duration.ofMillis(1));
		}

		@Override
		public void onRejection(ServerWebExchange exchange, Rejection rejection, Outcome outcome) {
			this.heard.add(exchange.getAttributeOrDefault("seen", "not seen"));
		}

	}

	/**
	 * Hands on another exchange where a header says so.
	 */
	abstract static class Exchanging implements WebFilter {

		private final String name;

		Exchanging(String name) {
			this.name = name;
		}

		@Override
		public Mono<Void> filter(ServerWebExchange exchange, WebFilterChain chain) {
			String how = exchange.getRequest().getHeaders().getFirst(this.name);
			if (how == null) {
				return chain.filter(exchange);
			}
			return switch (how) {
				case "decorated" -> chain.filter(new OwnAttributes(exchange));
				case "new" -> chain.filter(new DefaultServerWebExchange(exchange.getRequest(), exchange.getResponse(),
						(request) -> Mono.empty(), ServerCodecConfigurer.create(),
						new AcceptHeaderLocaleContextResolver()));
				default -> Mono.defer(() -> chain.filter(new OwnAttributes(exchange))).retry(1);
			};
		}

	}

	@Order(Ordered.HIGHEST_PRECEDENCE + 200)
	static class First extends Exchanging {

		First() {
			super("first");
		}

	}

	@Order(-95)
	static class BehindSecurity extends Exchanging {

		BehindSecurity() {
			super("behind-security");
		}

	}

	static class Unordered extends Exchanging {

		Unordered() {
			super("unordered");
		}

	}

	/**
	 * An exchange whose attributes are its own.
	 */
	static class OwnAttributes extends ServerWebExchangeDecorator {

		private final Map<String, Object> attributes = new ConcurrentHashMap<>();

		OwnAttributes(ServerWebExchange delegate) {
			super(delegate);
		}

		@Override
		public Map<String, Object> getAttributes() {
			return this.attributes;
		}

		@Override
		@SuppressWarnings("unchecked")
		public <T extends Principal> Mono<T> getPrincipal() {
			String user = getRequest().getHeaders().getFirst("User");
			return (user != null) ? Mono.just((T) (Principal) () -> user) : super.getPrincipal();
		}

	}

}
