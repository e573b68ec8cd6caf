package io.serverhardening.deduplication;

import java.security.Principal;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;

import io.serverhardening.ClientKeyResolver;
import io.serverhardening.Guard;
import io.serverhardening.GuardChain;
import io.serverhardening.MessageKeyResolver;
import io.serverhardening.Rejection;
import io.serverhardening.RejectionReason;
import io.serverhardening.Stage;
import io.serverhardening.WebhookMessage;
import io.serverhardening.deduplication.key.MessageIdentity;
import io.serverhardening.deduplication.key.MessageIdentity.Kind;
import io.serverhardening.deduplication.key.PlainKey;
import io.serverhardening.deduplication.record.ClaimRequest;
import io.serverhardening.internal.AggregatedLog;
import io.serverhardening.internal.call.ApplicationCall;
import io.serverhardening.internal.call.ApplicationCalls;
import io.serverhardening.internal.message.BufferedExchange;
import io.serverhardening.internal.message.MessageMethods;
import io.serverhardening.internal.message.UnreadableMessageException;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

import org.springframework.core.io.buffer.DataBufferLimitException;
import org.springframework.util.StringUtils;
import org.springframework.web.server.ServerWebExchange;

/**
 * Has each message of a route handled once, and gives its copies the same answer.
 */
public final class DeduplicationGuard implements Guard {

	/**
	 * The name of the guard.
	 */
	public static final String NAME = "deduplication";

	/** What an exchange returns that knows of none. */
	private static final Mono<?> NO_PRINCIPAL = Mono.empty();

	private final RouteMessages messages;

	private final DeduplicationPolicy policy;

	private final MessageIdentity identity;

	private final MessageKeyResolver keys;

	private final @Nullable ClientKeyResolver principal;

	private final ApplicationCalls calls;

	private final Rejection tooLarge;

	/**
	 * Create the guard of a route.
	 * @param policy how its messages are deduplicated
	 * @param route the id of the route
	 * @param keys tells what makes two requests copies
	 * @param principal tells who calls, {@code null} where Spring Security does
	 * @param state what outlives the guard
	 * @param responseTimeout how long a response may take, {@code null} for no limit
	 * @param problems what went wrong when nobody waited
	 * @param cors gives a replay the CORS headers that the handler's mapping would have
	 * @param calls lead to resolvers and handlers
	 */
	public DeduplicationGuard(DeduplicationPolicy policy, String route, MessageKeyResolver keys,
			@Nullable ClientKeyResolver principal, DeduplicationState state, @Nullable Duration responseTimeout,
			AggregatedLog<String> problems, Function<ServerWebExchange, Mono<Void>> cors, ApplicationCalls calls) {
		this.messages = new RouteMessages(policy, state, responseTimeout, problems, cors, calls);
		this.policy = policy;
		this.identity = new MessageIdentity(route, policy.webhook(), policy.terms());
		this.keys = keys;
		this.principal = principal;
		this.calls = calls;
		this.tooLarge = Rejection.of(RejectionReason.BODY_TOO_LARGE)
			.withDetail("A message has at most " + policy.maxBodySize() + " bytes.")
			.withProperty(policy.propertyPrefix() + ".max-body-size");
	}

	@Override
	public String name() {
		return NAME;
	}

	@Override
	public Stage stage() {
		return this.policy.stage();
	}

	@Override
	public Mono<Void> apply(ServerWebExchange exchange, GuardChain chain) {
		if (!MessageMethods.contains(exchange.getRequest().getMethod())) {
			return chain.proceed(exchange);
		}
		return BufferedExchange.read(exchange, this.policy.maxBodySize(), (buffered) -> receive(buffered, chain),
				(problem) -> unreadable(exchange, chain, problem));
	}

	private Mono<Void> unreadable(ServerWebExchange exchange, GuardChain chain, Throwable problem) {
		if (problem instanceof DataBufferLimitException) {
			return chain.refuse(exchange, this.tooLarge);
		}
		if (problem instanceof UnreadableMessageException unreadable) {
			return chain.refuse(exchange,
					Rejection.of(RejectionReason.MESSAGE_INVALID).withDetail(unreadable.detail()));
		}
		return ApplicationCalls.error(problem);
	}

	private Mono<Void> receive(BufferedExchange exchange, GuardChain chain) {
		if (this.keys instanceof PlainKey plain) {
			try {
				return receive(exchange, chain, plain.of(exchange, exchange.body()));
			}
			catch (UnreadableMessageException ex) {
				return unreadable(exchange, chain, ex);
			}
		}
		return ApplicationCalls.mono(() -> this.keys.resolve(exchange, exchange.body()))
			.map(Key::new)
			.defaultIfEmpty(Key.NONE)
			.onErrorResume((ex) -> {
				if (!(ex instanceof UnreadableMessageException)) {
					this.calls.failed(ApplicationCall.MESSAGE_KEY_RESOLVER, this.keys, ex);
				}
				return Mono.just(new Key(null, ex));
			})
			.flatMap((key) -> (key.problem() != null) ? unreadable(exchange, chain, key.problem())
					: receive(exchange, chain, key.text()));
	}

	private Mono<Void> receive(BufferedExchange exchange, GuardChain chain, @Nullable String key) {
		if (!StringUtils.hasLength(key) && this.policy.isIdempotencyKey()) {
			return chain.refuse(exchange,
					Rejection.of(RejectionReason.KEY_MISSING).withDetail("The header Idempotency-Key is missing."));
		}
		WebhookMessage message = WebhookMessage.from(exchange);
		if (message != null) {
			return deliver(exchange, chain, key, Kind.WEBHOOK, message.source());
		}
		ClientKeyResolver resolver = this.principal;
		if (resolver != null) {
			return ApplicationCalls.mono(() -> resolver.resolve(exchange))
				.doOnError((ex) -> this.calls.failed(ApplicationCall.CLIENT_KEY_RESOLVER, resolver, ex))
				.map(Optional::of)
				.defaultIfEmpty(Optional.empty())
				.flatMap((name) -> name.isPresent() ? deliver(exchange, chain, key, Kind.CLIENT, name.get())
						: deliver(exchange, chain, key, Kind.PRINCIPAL, MessageIdentity.NOBODY));
		}
		Mono<Principal> principal = exchange.getPrincipal();
		if (principal == NO_PRINCIPAL) {
			// Without a framework that knows of any, which is told from here.
			return deliver(exchange, chain, key, Kind.PRINCIPAL, MessageIdentity.NOBODY);
		}
		return principal.map((known) -> String.valueOf(known.getName()))
			.defaultIfEmpty(MessageIdentity.NOBODY)
			.flatMap((name) -> deliver(exchange, chain, key, Kind.PRINCIPAL, name));
	}

	private Mono<Void> deliver(BufferedExchange exchange, GuardChain chain, @Nullable String key, Kind kind,
			String sender) {
		ClaimRequest request = this.identity.request(exchange, key, kind, sender);
		return new Delivery(this.messages, exchange, chain, request).start();
	}

	/**
	 * Return what messages of a key would be known by.
	 * @param key the key as it was sent
	 * @param principal who sent it, {@code null} for nobody or the source of a webhook
	 * @return the ids, one for each method
	 */
	public List<String> idsOf(String key, @Nullable String principal) {
		String source = this.policy.source();
		if (source != null) {
			return this.identity.idsOf(key, Kind.WEBHOOK, source);
		}
		return (principal != null)
				? this.identity.idsOf(key, (this.principal != null) ? Kind.CLIENT : Kind.PRINCIPAL, principal)
				: this.identity.idsOf(key, Kind.PRINCIPAL, MessageIdentity.NOBODY);
	}

	/**
	 * Return what owners of messages are called in this process.
	 * @return the beginning of their names
	 */
	public static String instance() {
		return MessageIdentity.INSTANCE;
	}

	/**
	 * Return how messages are deduplicated.
	 * @return the policy
	 */
	public DeduplicationPolicy policy() {
		return this.policy;
	}

	/**
	 * Return what is kept for the route.
	 * @return the state
	 */
	public DeduplicationState state() {
		return this.messages.state();
	}

	/**
	 * What a bean says of a message.
	 *
	 * @param text the key, {@code null} where there is none
	 * @param problem why nobody knows, {@code null} where it is known
	 */
	private record Key(@Nullable String text, @Nullable Throwable problem) {

		static final Key NONE = new Key(null);

		Key(@Nullable String text) {
			this(text, null);
		}

	}

}
