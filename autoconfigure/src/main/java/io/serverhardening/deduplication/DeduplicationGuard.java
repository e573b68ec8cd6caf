package io.serverhardening.deduplication;

import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.Principal;
import java.time.Duration;
import java.util.HexFormat;
import java.util.Set;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Function;

import io.serverhardening.Guard;
import io.serverhardening.GuardChain;
import io.serverhardening.MessageKeyResolver;
import io.serverhardening.Rejection;
import io.serverhardening.RejectionReason;
import io.serverhardening.Stage;
import io.serverhardening.WebhookMessage;
import io.serverhardening.internal.AggregatedLog;
import io.serverhardening.internal.ApplicationCall;
import io.serverhardening.internal.ApplicationCalls;
import io.serverhardening.internal.BufferedExchange;
import io.serverhardening.internal.RequestChannel;
import io.serverhardening.internal.UnreadableMessageException;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;
import reactor.core.scheduler.Schedulers;
import reactor.netty.channel.ChannelOperations;

import org.springframework.core.io.buffer.DataBufferLimitException;
import org.springframework.http.server.reactive.ServerHttpRequest;
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

	/**
	 * Statuses that say "again later", or "as somebody else": to repeat them for hours
	 * would be a lie.
	 */
	private static final Set<Integer> PASSING = Set.of(401, 403, 407, 408, 423, 425, 429);

	private static final int ID_LENGTH = 32;

	private static final Duration RETRY_AFTER = Duration.ofSeconds(1);

	private static final Duration LONGEST_MARGIN = Duration.ofMillis(100);

	/** Names this process among the owners of messages. */
	private static final String INSTANCE = HexFormat.of().toHexDigits(ThreadLocalRandom.current().nextInt());

	private static final AtomicLong OWNERS = new AtomicLong();

	private static final byte SEPARATOR = 0;

	private final DeduplicationPolicy policy;

	private final MessageKeyResolver keys;

	private final DeduplicationState state;

	private final StoreAccess store;

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

	private final Rejection runTimedOut;

	/**
	 * Create the guard of a route.
	 * @param policy how its messages are deduplicated
	 * @param route the id of the route
	 * @param keys tells what makes two requests copies
	 * @param state what outlives the guard
	 * @param responseTimeout how long a response may take, {@code null} for no limit
	 * @param problems what went wrong when nobody waited
	 * @param cors gives a replay the CORS headers that the handler's mapping would have
	 * @param calls lead to resolvers and handlers
	 */
	public DeduplicationGuard(DeduplicationPolicy policy, String route, MessageKeyResolver keys,
			DeduplicationState state, @Nullable Duration responseTimeout, AggregatedLog<String> problems,
			Function<ServerWebExchange, Mono<Void>> cors, ApplicationCalls calls) {
		this.policy = policy;
		this.keys = keys;
		this.state = state;
		this.store = state.store();
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
		return Stage.IDENTITY;
	}

	@Override
	public Mono<Void> apply(ServerWebExchange exchange, GuardChain chain) {
		if (!BufferedExchange.isMessage(exchange.getRequest().getMethod())) {
			return chain.proceed(exchange);
		}
		return BufferedExchange.read(exchange, this.policy.maxBodySize())
			.flatMap(this::open)
			.onErrorResume(UnreadableMessageException.class,
					(ex) -> Mono.just(Opening.refused(RejectionReason.MESSAGE_INVALID, ex.detail())))
			.onErrorResume(DataBufferLimitException.class,
					(ex) -> Mono.just(Opening.refused(RejectionReason.BODY_TOO_LARGE,
							"A message has at most " + this.policy.maxBodySize() + " bytes.")))
			.flatMap((opening) -> (opening.buffered() != null && opening.request() != null)
					? new Delivery(this, opening.buffered(), chain, opening.request()).start()
					: chain.refuse(exchange, opening.rejection()));
	}

	static Scheduler home(ServerHttpRequest request) {
		if (RequestChannel.isPresent()) {
			ChannelOperations<?, ?> operations = RequestChannel.operations(request);
			if (operations != null) {
				return Schedulers.fromExecutor(operations.channel().eventLoop());
			}
		}
		return Schedulers.parallel();
	}

	private Mono<Opening> open(BufferedExchange exchange) {
		Mono<Opening> keyless = Mono.defer(() -> this.policy.isIdempotencyKey()
				? Mono.just(Opening.refused(RejectionReason.KEY_MISSING, "The header Idempotency-Key is missing."))
				: opening(exchange, ""));
		return ApplicationCalls.mono(() -> this.keys.resolve(exchange, exchange.body())).doOnError((ex) -> {
			if (!(ex instanceof UnreadableMessageException)) {
				this.calls.failed(ApplicationCall.MESSAGE_KEY_RESOLVER, this.keys, ex);
			}
		}).filter(StringUtils::hasLength).flatMap((key) -> opening(exchange, key)).switchIfEmpty(keyless);
	}

	private Mono<Opening> opening(BufferedExchange exchange, String key) {
		WebhookMessage message = WebhookMessage.from(exchange);
		if (message != null) {
			return Mono.just(opening(exchange, key, 'w' + message.source()));
		}
		return exchange.getPrincipal()
			.map(Principal::getName)
			.defaultIfEmpty("")
			.map((principal) -> opening(exchange, key, 'p' + principal));
	}

	private Opening opening(BufferedExchange exchange, String key, String sender) {
		String fingerprint = fingerprint(exchange);
		MessageDigest digest = sha256();
		digest.update(this.scope);
		digest.update(exchange.getRequest().getMethod().name().getBytes(StandardCharsets.UTF_8));
		digest.update(SEPARATOR);
		digest.update(sender.getBytes(StandardCharsets.UTF_8));
		digest.update(SEPARATOR);
		// Without a key what is in the message is its key.
		digest.update((key.isEmpty() ? fingerprint : 'k' + key).getBytes(StandardCharsets.UTF_8));
		return new Opening(exchange, new ClaimRequest(hex(digest), fingerprint,
				INSTANCE + '-' + OWNERS.incrementAndGet(), true, this.policy.terms()), this.busy);
	}

	// Where a sender signs, the query is its signature, new for each attempt, and nobody
	// has signed how the path is written.
	private String fingerprint(BufferedExchange exchange) {
		MessageDigest digest = sha256();
		if (!this.policy.webhook()) {
			URI uri = exchange.getRequest().getURI();
			digest.update(uri.getRawPath().getBytes(StandardCharsets.UTF_8));
			if (uri.getRawQuery() != null) {
				digest.update((byte) '?');
				digest.update(uri.getRawQuery().getBytes(StandardCharsets.UTF_8));
			}
			digest.update(SEPARATOR);
		}
		digest.update(exchange.body());
		return hex(digest);
	}

	/**
	 * Return what a message is known by whose key belongs to another.
	 * @param id what the other is known by
	 * @param fingerprint what is in it
	 * @return what it is known by
	 */
	static String idOf(String id, String fingerprint) {
		MessageDigest digest = sha256();
		digest.update(id.getBytes(StandardCharsets.US_ASCII));
		digest.update(fingerprint.getBytes(StandardCharsets.US_ASCII));
		return hex(digest);
	}

	private static MessageDigest sha256() {
		try {
			return MessageDigest.getInstance("SHA-256");
		}
		catch (NoSuchAlgorithmException ex) {
			throw new IllegalStateException("Every JDK has it", ex);
		}
	}

	private static String hex(MessageDigest digest) {
		return HexFormat.of().formatHex(digest.digest(), 0, ID_LENGTH / 2);
	}

	/**
	 * Whether the application has declined to handle a message, for now or for this
	 * caller.
	 * @param status what it answered
	 * @return {@code true} for what says that it may be otherwise next time
	 */
	static boolean isPassing(int status) {
		return PASSING.contains(status);
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

	StoreAccess store() {
		return this.store;
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

	Rejection busy() {
		return this.busy;
	}

	Rejection crowded() {
		return this.crowded;
	}

	Rejection runTimedOut() {
		return this.runTimedOut;
	}

	/**
	 * What a request asks for, or why it may not.
	 *
	 * @param buffered the request, {@code null} if it is refused
	 * @param request the message, {@code null} if it is refused
	 * @param rejection why, where it is
	 */
	private record Opening(@Nullable BufferedExchange buffered, @Nullable ClaimRequest request, Rejection rejection) {

		static Opening refused(RejectionReason reason, String detail) {
			return new Opening(null, null, Rejection.of(reason).withDetail(detail));
		}

	}

}
