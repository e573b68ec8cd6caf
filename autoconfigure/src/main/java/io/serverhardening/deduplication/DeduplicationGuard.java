package io.serverhardening.deduplication;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.Principal;
import java.time.Duration;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Function;

import io.serverhardening.ClientKeyResolver;
import io.serverhardening.Guard;
import io.serverhardening.GuardChain;
import io.serverhardening.MessageKeyResolver;
import io.serverhardening.Rejection;
import io.serverhardening.RejectionReason;
import io.serverhardening.Stage;
import io.serverhardening.WebhookMessage;
import io.serverhardening.deduplication.Runs.Entry;
import io.serverhardening.deduplication.access.Records;
import io.serverhardening.deduplication.record.ClaimRequest;
import io.serverhardening.internal.AggregatedLog;
import io.serverhardening.internal.ApplicationCall;
import io.serverhardening.internal.ApplicationCalls;
import io.serverhardening.internal.BufferedExchange;
import io.serverhardening.internal.UnreadableMessageException;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

import org.springframework.core.io.buffer.DataBufferLimitException;
import org.springframework.http.HttpMethod;
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

	private static final Duration RETRY_AFTER = Duration.ofSeconds(1);

	private static final Duration LONGEST_MARGIN = Duration.ofMillis(100);

	/** Names this process among the owners of messages. */
	private static final String INSTANCE = HexFormat.of().toHexDigits(ThreadLocalRandom.current().nextInt());

	private static final AtomicLong OWNERS = new AtomicLong();

	private static final byte SEPARATOR = 0;

	/** The sources of webhooks, whose names are the configuration's. */
	private static final char WEBHOOK = 'w';

	/** Callers whom the application names. */
	private static final char CLIENT = 'c';

	/** Callers whom Spring Security names. */
	private static final char PRINCIPAL = 'p';

	/** Those whom nobody can name share one name. */
	private static final String NOBODY = "";

	/** What an exchange returns that knows of none. */
	private static final Mono<?> NO_PRINCIPAL = Mono.empty();

	private final DeduplicationPolicy policy;

	private final MessageKeyResolver keys;

	private final @Nullable ClientKeyResolver principal;

	private final DeduplicationState state;

	private final Records records;

	private final Runs runs;

	private final DeduplicationActivity activity;

	private final AggregatedLog<String> problems;

	private final ApplicationCalls calls;

	private final Function<ServerWebExchange, Mono<Void>> cors;

	private final byte[] scope;

	private final long marginNanos;

	private final Duration hold;

	private final Rejection busy;

	private final Rejection crowded;

	private final Rejection tooLarge;

	private final Rejection tooMuch;

	private final Rejection runTimedOut;

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
		this.policy = policy;
		this.keys = keys;
		this.principal = principal;
		this.state = state;
		this.records = state.records();
		this.runs = state.runs();
		this.activity = state.activity();
		this.problems = problems;
		this.cors = cors;
		this.calls = calls;
		this.scope = (route + ' ').getBytes(StandardCharsets.UTF_8);
		long tenth = (responseTimeout != null) ? responseTimeout.toNanos() / 10 : Long.MAX_VALUE;
		this.marginNanos = Math.min(LONGEST_MARGIN.toNanos(), tenth);
		Duration patience = policy.sender().timeout();
		this.hold = (patience != null) ? patience.plusSeconds(1) : LONGEST_MARGIN;
		this.busy = Rejection.of(RejectionReason.DUPLICATE_RUNNING)
			.withDetail("The same message is still being handled.")
			.withRetryAfter(RETRY_AFTER)
			.withProperty(policy.propertyPrefix() + ".on-busy");
		this.crowded = Rejection.of(RejectionReason.OVERLOADED)
			.withDetail("Too many messages are being handled.")
			.withRetryAfter(RETRY_AFTER)
			.withProperty(policy.propertyPrefix() + ".max-runs");
		this.tooMuch = Rejection.of(RejectionReason.OVERLOADED)
			.withDetail("The messages that are being handled are too large together.")
			.withRetryAfter(RETRY_AFTER)
			.withProperty(policy.propertyPrefix() + ".max-body-size");
		this.tooLarge = Rejection.of(RejectionReason.BODY_TOO_LARGE)
			.withDetail("A message has at most " + policy.maxBodySize() + " bytes.")
			.withProperty(policy.propertyPrefix() + ".max-body-size");
		this.runTimedOut = Rejection.of(RejectionReason.DEADLINE_EXCEEDED)
			.withDetail("The handler was stopped.")
			.withRetryAfter(RETRY_AFTER)
			.withProperty(policy.propertyPrefix() + ".run-timeout");
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
		if (!BufferedExchange.isMessage(exchange.getRequest().getMethod())) {
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
			return deliver(exchange, chain, key, WEBHOOK, message.source());
		}
		ClientKeyResolver resolver = this.principal;
		if (resolver != null) {
			return ApplicationCalls.mono(() -> resolver.resolve(exchange))
				.doOnError((ex) -> this.calls.failed(ApplicationCall.CLIENT_KEY_RESOLVER, resolver, ex))
				.map(Optional::of)
				.defaultIfEmpty(Optional.empty())
				.flatMap((name) -> name.isPresent() ? deliver(exchange, chain, key, CLIENT, name.get())
						: deliver(exchange, chain, key, PRINCIPAL, NOBODY));
		}
		Mono<Principal> principal = exchange.getPrincipal();
		if (principal == NO_PRINCIPAL) {
			// Without a framework that knows of any, which is told from here.
			return deliver(exchange, chain, key, PRINCIPAL, NOBODY);
		}
		return principal.map((known) -> String.valueOf(known.getName()))
			.defaultIfEmpty(NOBODY)
			.flatMap((name) -> deliver(exchange, chain, key, PRINCIPAL, name));
	}

	private Mono<Void> deliver(BufferedExchange exchange, GuardChain chain, @Nullable String key, char kind,
			String sender) {
		String fingerprint = Fingerprint.of(exchange, this.policy.webhook());
		// Without a key what is in the message is its key.
		String id = id(exchange.getRequest().getMethod(), kind, sender,
				StringUtils.hasLength(key) ? 'k' + key : fingerprint);
		ClaimRequest request = new ClaimRequest(id, fingerprint, INSTANCE + '-' + OWNERS.incrementAndGet(), true,
				this.policy.terms());
		return new Delivery(this, exchange, chain, request).start();
	}

	private String id(HttpMethod method, char kind, String sender, String key) {
		MessageDigest digest = Fingerprint.sha256();
		digest.update(this.scope);
		if (!this.policy.webhook()) {
			// Nobody has signed by which method a push comes.
			digest.update(method.name().getBytes(StandardCharsets.UTF_8));
		}
		digest.update(SEPARATOR);
		// Two that have the same name by different rules are not the same.
		digest.update((byte) kind);
		digest.update(sender.getBytes(StandardCharsets.UTF_8));
		digest.update(SEPARATOR);
		digest.update(key.getBytes(StandardCharsets.UTF_8));
		return Fingerprint.hex(digest);
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
			return idsOf(key, WEBHOOK, source);
		}
		return (principal != null) ? idsOf(key, (this.principal != null) ? CLIENT : PRINCIPAL, principal)
				: idsOf(key, PRINCIPAL, NOBODY);
	}

	private List<String> idsOf(String key, char kind, String sender) {
		return BufferedExchange.messageMethods()
			.map((method) -> id(method, kind, sender, 'k' + key))
			.distinct()
			.toList();
	}

	/**
	 * Whether the application has declined to handle a message, for now or for this
	 * caller: to repeat "again later", or "as somebody else", for hours would be a lie.
	 * @param status what it answered
	 * @return {@code true} for what says that it may be otherwise next time
	 */
	static boolean isPassing(int status) {
		return switch (status) {
			case 401, 403, 407, 408, 423, 425, 429 -> true;
			default -> false;
		};
	}

	/**
	 * Return what owners of messages are called in this process.
	 * @return the beginning of their names
	 */
	public static String instance() {
		return INSTANCE;
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
		return this.state;
	}

	Records records() {
		return this.records;
	}

	Waiters waiters() {
		return this.state.waiters();
	}

	DeduplicationActivity activity() {
		return this.activity;
	}

	Runs runs() {
		return this.runs;
	}

	Mono<Void> beforeReplay(ServerWebExchange exchange) {
		return this.cors.apply(exchange);
	}

	ApplicationCalls calls() {
		return this.calls;
	}

	AggregatedLog<String> problems() {
		return this.problems;
	}

	long marginNanos() {
		return this.marginNanos;
	}

	// How long an attempt is left without an answer: longer than its sender waits.
	Duration hold() {
		return this.hold;
	}

	// By its hash the message is found on Actuator.
	Rejection busy(String id) {
		return this.busy.withDetail("The same message is still being handled: " + id + ".");
	}

	Rejection refusal(Entry entry) {
		return (entry == Entry.TOO_MUCH) ? this.tooMuch : this.crowded;
	}

	Rejection runTimedOut() {
		return this.runTimedOut;
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
