package io.serverhardening.webhook;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.function.LongSupplier;
import java.util.function.Predicate;

import io.serverhardening.ClientAddress;
import io.serverhardening.ClientAddressResolver;
import io.serverhardening.Ending;
import io.serverhardening.Guard;
import io.serverhardening.GuardChain;
import io.serverhardening.GuardedRequest;
import io.serverhardening.Rejection;
import io.serverhardening.RejectionReason;
import io.serverhardening.Stage;
import io.serverhardening.WebhookMessage;
import io.serverhardening.internal.BufferedExchange;
import io.serverhardening.internal.UnreadableMessageException;
import io.serverhardening.webhook.Nonces.Seen;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

import org.springframework.core.io.buffer.DataBufferLimitException;
import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpMethod;
import org.springframework.http.HttpStatus;
import org.springframework.http.HttpStatusCode;
import org.springframework.http.MediaType;
import org.springframework.http.server.reactive.ServerHttpRequest;
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

	private static final byte SEPARATOR = 0;

	private final WebhookSender sender;

	private final WebhookActivity activity;

	private final Predicate<ClientAddress> allowed;

	private final ClientAddressResolver addresses;

	private final boolean deduplicated;

	private final int maxBodySize;

	private final String property;

	private final LongSupplier time;

	/**
	 * Create the guard of a route.
	 * @param sender who may push
	 * @param activity what has happened, which outlives the guard
	 * @param allowed where it may push from
	 * @param addresses tells where a push comes from
	 * @param deduplicated whether copies are answered further on
	 * @param maxBodySize how large a push may be
	 * @param property where the source is configured
	 * @param time the clock, milliseconds since the epoch
	 */
	public WebhookGuard(WebhookSender sender, WebhookActivity activity, Predicate<ClientAddress> allowed,
			ClientAddressResolver addresses, boolean deduplicated, int maxBodySize, String property,
			LongSupplier time) {
		this.sender = sender;
		this.activity = activity;
		this.allowed = allowed;
		this.addresses = addresses;
		this.deduplicated = deduplicated;
		this.maxBodySize = maxBodySize;
		this.property = property;
		this.time = time;
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
	 * @return the sender
	 */
	public WebhookSender sender() {
		return this.sender;
	}

	/**
	 * Return what has happened.
	 * @return the counts
	 */
	public WebhookActivity activity() {
		return this.activity;
	}

	@Override
	public Mono<Void> apply(ServerWebExchange exchange, GuardChain chain) {
		ClientAddress address = this.addresses.resolve(exchange.getRequest());
		if (address == null || !this.allowed.test(address)) {
			this.activity.refused(RejectionReason.FORBIDDEN);
			return chain.refuse(exchange,
					Rejection.of(RejectionReason.FORBIDDEN)
						.withDetail("Pushes are not taken from this address.")
						.withProperty(this.property + ".allowed-from"));
		}
		return BufferedExchange.read(exchange, this.maxBodySize)
			.map((buffered) -> new Opening(buffered, verify(buffered)))
			.onErrorResume(UnreadableMessageException.class,
					(ex) -> Mono
						.just(new Opening(null, Verification.refused(RejectionReason.MESSAGE_INVALID, ex.detail()))))
			.onErrorResume(DataBufferLimitException.class,
					(ex) -> Mono.just(new Opening(null,
							Verification.refused(RejectionReason.BODY_TOO_LARGE,
									"A push has at most " + this.maxBodySize + " bytes."))))
			.flatMap((opening) -> go(exchange, chain, opening));
	}

	private Verification verify(BufferedExchange exchange) {
		ServerHttpRequest request = exchange.getRequest();
		HttpMethod method = request.getMethod();
		boolean read = HttpMethod.GET.equals(method) || HttpMethod.HEAD.equals(method);
		return this.sender.verify(
				new Push(read, request.getHeaders(), request.getQueryParams(), exchange.body(), this.time.getAsLong()));
	}

	private Mono<Void> go(ServerWebExchange exchange, GuardChain chain, Opening opening) {
		Verification verification = opening.verification();
		if (verification.reason() != null) {
			this.activity.refused(verification.reason());
			return chain.refuse(exchange, rejection(verification.reason(), verification.detail()));
		}
		if (verification.answer() != null) {
			this.activity.proved();
			return answer(exchange.getResponse(), verification.answer());
		}
		WebhookMessage message = verification.message();
		BufferedExchange buffered = opening.buffered();
		if (message == null || buffered == null) {
			throw new IllegalStateException("A push is genuine, answered or refused");
		}
		String replayed = replayed(exchange, verification);
		if (replayed != null) {
			this.activity.refused(RejectionReason.SIGNATURE_INVALID);
			return chain.refuse(exchange, rejection(RejectionReason.SIGNATURE_INVALID, replayed));
		}
		this.activity.accepted();
		if (!this.deduplicated && !verification.nonce().isEmpty()) {
			String nonce = hash(verification.nonce());
			GuardedRequest.required(exchange).onEnd((ending, error) -> {
				if (!isHandled(ending, exchange.getResponse())) {
					this.activity.nonces().forget(nonce);
				}
			});
		}
		exchange.getAttributes().put(WebhookMessage.ATTRIBUTE, message);
		return chain.proceed(buffered.with(verification.plaintext(), response(exchange, verification.reply())));
	}

	private static boolean isHandled(Ending ending, ServerHttpResponse response) {
		HttpStatusCode status = response.getStatusCode();
		return ending == Ending.COMPLETED && (status == null || !status.is5xxServerError());
	}

	private ServerHttpResponse response(ServerWebExchange exchange, @Nullable ReplyCipher cipher) {
		return (cipher != null)
				? new EncryptedResponse(exchange.getResponse(), cipher, this.sender.profile().acknowledgement())
				: exchange.getResponse();
	}

	// What was signed was meant for one thing: not for another method, nor another route
	// of the same sender.
	private @Nullable String replayed(ServerWebExchange exchange, Verification verification) {
		if (verification.nonce().isEmpty()) {
			return null;
		}
		HttpMethod method = exchange.getRequest().getMethod();
		MessageDigest digest = Signatures.digest("SHA-256");
		digest.update(method.name().getBytes(StandardCharsets.UTF_8));
		digest.update(SEPARATOR);
		digest.update(GuardedRequest.required(exchange).route().id().getBytes(StandardCharsets.UTF_8));
		digest.update(SEPARATOR);
		String fingerprint = HexFormat.of().formatHex(digest.digest(verification.plaintext()));
		Seen seen = this.activity.nonces().use(hash(verification.nonce()), fingerprint);
		if (seen == Seen.OTHER) {
			return "The nonce was used for another message.";
		}
		return (seen == Seen.COPY && !(this.deduplicated && BufferedExchange.isMessage(method)))
				? "The nonce was used before." : null;
	}

	// A nonce is as long as its sender likes.
	private static String hash(String nonce) {
		MessageDigest digest = Signatures.digest("SHA-256");
		return HexFormat.of().formatHex(digest.digest(nonce.getBytes(StandardCharsets.UTF_8)), 0, 16);
	}

	private Rejection rejection(RejectionReason reason, String detail) {
		return Rejection.of(reason).withDetail(detail).withProperty(this.property);
	}

	private static Mono<Void> answer(ServerHttpResponse response, String text) {
		response.setStatusCode(HttpStatus.OK);
		HttpHeaders headers = response.getHeaders();
		headers.setContentType(MediaType.TEXT_PLAIN);
		// What is echoed must never be taken for a page.
		headers.set("X-Content-Type-Options", "nosniff");
		byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
		headers.setContentLength(bytes.length);
		return response.writeWith(Mono.fromSupplier(() -> response.bufferFactory().wrap(bytes)));
	}

	/**
	 * A push, and what there is to say of it.
	 *
	 * @param buffered the push, {@code null} if it could not be read
	 * @param verification what there is to say
	 */
	private record Opening(@Nullable BufferedExchange buffered, Verification verification) {

	}

}
