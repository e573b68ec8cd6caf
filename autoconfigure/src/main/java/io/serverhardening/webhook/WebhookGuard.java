package io.serverhardening.webhook;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.LongSupplier;
import java.util.function.Predicate;

import io.serverhardening.ClientAddress;
import io.serverhardening.ClientAddressResolver;
import io.serverhardening.Guard;
import io.serverhardening.GuardChain;
import io.serverhardening.Rejection;
import io.serverhardening.RejectionReason;
import io.serverhardening.Stage;
import io.serverhardening.WebhookMessage;
import io.serverhardening.WebhookVerdict;
import io.serverhardening.internal.call.ApplicationCalls;
import io.serverhardening.internal.message.BufferedExchange;
import io.serverhardening.internal.message.MessageMethods;
import io.serverhardening.internal.message.SenderProfile;
import io.serverhardening.internal.message.UnreadableMessageException;
import io.serverhardening.webhook.nonce.NonceAccess;
import io.serverhardening.webhook.nonce.NonceStore.Seen;
import io.serverhardening.webhook.sender.KnownSender;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

import org.springframework.core.io.buffer.DataBufferLimitException;
import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpStatus;
import org.springframework.http.server.reactive.ServerHttpResponse;
import org.springframework.web.server.ServerWebExchange;

/**
 * Lets pass what its sender has signed, decrypted, and nothing else. Before anything is
 * remembered: strangers must not be able to claim a message, or to use up a nonce.
 */
public final class WebhookGuard implements Guard {

	/**
	 * The name of the guard.
	 */
	public static final String NAME = "webhook";

	private static final Duration RETRY_AFTER = Duration.ofSeconds(1);

	private final WebhookSource source;

	private final WebhookActivity activity;

	private final NonceAccess nonces;

	private final Predicate<ClientAddress> allowed;

	private final ClientAddressResolver addresses;

	private final boolean deduplicated;

	private final int maxBodySize;

	private final SenderCalls calls;

	/**
	 * Create the guard of a route.
	 * @param source who may push
	 * @param activity what has happened, which outlives the guard
	 * @param nonces reach what its sender has used
	 * @param allowed where it may push from
	 * @param addresses tells where a push comes from
	 * @param deduplicated whether copies are answered further on
	 * @param maxBodySize how large a push may be
	 * @param calls lead to senders that are the application's own
	 * @param time the clock, milliseconds since the epoch
	 */
	public WebhookGuard(WebhookSource source, WebhookActivity activity, NonceAccess nonces,
			Predicate<ClientAddress> allowed, ClientAddressResolver addresses, boolean deduplicated, int maxBodySize,
			ApplicationCalls calls, LongSupplier time) {
		this.source = source;
		this.activity = activity;
		this.nonces = nonces;
		this.allowed = allowed;
		this.addresses = addresses;
		this.deduplicated = deduplicated;
		this.maxBodySize = maxBodySize;
		this.calls = new SenderCalls(source, calls, time);
	}

	@Override
	public String name() {
		return NAME;
	}

	@Override
	public Stage stage() {
		return Stage.IDENTITY;
	}

	/**
	 * Return who may push.
	 * @return the source
	 */
	public WebhookSource source() {
		return this.source;
	}

	/**
	 * Return what has happened.
	 * @return the counts
	 */
	public WebhookActivity activity() {
		return this.activity;
	}

	/**
	 * Return how what its sender has used is reached.
	 * @return the access
	 */
	public NonceAccess nonces() {
		return this.nonces;
	}

	@Override
	public Mono<Void> apply(ServerWebExchange exchange, GuardChain chain) {
		ClientAddress address = this.addresses.resolve(exchange.getRequest());
		if (address == null || !this.allowed.test(address)) {
			this.activity.refused(RejectionReason.FORBIDDEN);
			return chain.refuse(exchange,
					Rejection.of(RejectionReason.FORBIDDEN)
						.withDetail("Pushes are not taken from this address.")
						.withProperty(this.source.property() + ".allowed-from"));
		}
		return BufferedExchange.read(exchange, this.maxBodySize,
				(buffered) -> go(exchange, chain, this.calls.open(buffered)),
				(problem) -> unreadable(exchange, chain, problem));
	}

	private Mono<Void> unreadable(ServerWebExchange exchange, GuardChain chain, Throwable problem) {
		if (problem instanceof DataBufferLimitException) {
			return refuse(exchange, chain, RejectionReason.BODY_TOO_LARGE,
					"A push has at most " + this.maxBodySize + " bytes.");
		}
		return (problem instanceof UnreadableMessageException unreadable)
				? refuse(exchange, chain, RejectionReason.MESSAGE_INVALID, unreadable.detail())
				: ApplicationCalls.error(problem);
	}

	private Mono<Void> go(ServerWebExchange exchange, GuardChain chain, SenderCalls.Opening opening) {
		WebhookVerdict verdict = opening.verdict();
		if (verdict instanceof WebhookVerdict.Answered answered) {
			this.activity.proved();
			return answer(exchange.getResponse(), answered.text());
		}
		if (!(verdict instanceof WebhookVerdict.Genuine genuine)) {
			String detail = (verdict instanceof WebhookVerdict.Refused refused) ? refused.detail() : "";
			return refuse(exchange, chain, opening.reason(), detail);
		}
		boolean message = MessageMethods.contains(exchange.getRequest().getMethod());
		if (!genuine.nonce().isEmpty()) {
			boolean copies = this.deduplicated && message;
			// An operator keeps its function for as long as what follows runs, and a copy
			// that waits keeps no push.
			AtomicReference<WebhookVerdict.@Nullable Genuine> push = new AtomicReference<>(genuine);
			return PushNonce.use(this.nonces, exchange, genuine, copies).take().flatMap((seen) -> {
				WebhookVerdict.Genuine taken = push.getAndSet(null);
				return (taken != null && (seen == Seen.FIRST || (seen == Seen.COPY && copies)))
						? proceed(exchange, chain, taken) : refuse(exchange, chain, seen);
			});
		}
		// Deduplication does not look at what changes nothing.
		return (message || !(this.source.sender() instanceof KnownSender)) ? proceed(exchange, chain, genuine)
				: refuse(exchange, chain, RejectionReason.SIGNATURE_INVALID, "A push that has no nonce is posted.");
	}

	private Mono<Void> proceed(ServerWebExchange exchange, GuardChain chain, WebhookVerdict.Genuine genuine) {
		this.activity.accepted();
		exchange.getAttributes()
			.put(WebhookMessage.ATTRIBUTE,
					new WebhookMessage(this.source.id(), genuine.id(), genuine.body(), genuine.fields()));
		BufferedExchange opened = BufferedExchange.of(exchange, genuine.body(),
				this.calls.response(exchange.getResponse(), genuine.reply()));
		// Behind a body and a store: what Reactor takes for fatal would reach nobody.
		return ApplicationCalls.mono(() -> chain.proceed(opened));
	}

	private Mono<Void> refuse(ServerWebExchange exchange, GuardChain chain, RejectionReason reason, String detail) {
		this.activity.refused(reason);
		return chain.refuse(exchange, Rejection.of(reason).withDetail(detail).withProperty(this.source.property()));
	}

	private Mono<Void> refuse(ServerWebExchange exchange, GuardChain chain, Seen seen) {
		if (seen == Seen.UNKNOWN) {
			this.activity.refused(RejectionReason.STORE_UNAVAILABLE);
			return chain.refuse(exchange,
					Rejection.of(RejectionReason.STORE_UNAVAILABLE)
						.withDetail("The server cannot tell now whether the nonce was used before.")
						.withRetryAfter(RETRY_AFTER)
						.withProperty(Objects.requireNonNullElse(this.nonces.requiredBy(), this.source.property())));
		}
		return refuse(exchange, chain, RejectionReason.SIGNATURE_INVALID,
				(seen == Seen.OTHER) ? "The nonce was used for another message." : "The nonce was used before.");
	}

	private static Mono<Void> answer(ServerHttpResponse response, String text) {
		response.setStatusCode(HttpStatus.OK);
		HttpHeaders headers = response.getHeaders();
		headers.setContentType(SenderProfile.typeOf(text));
		// What is echoed must never be taken for a page.
		headers.set("X-Content-Type-Options", "nosniff");
		byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
		headers.setContentLength(bytes.length);
		return response.writeWith(Mono.fromSupplier(() -> response.bufferFactory().wrap(bytes)));
	}

}
