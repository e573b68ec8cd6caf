package io.serverhardening.autoconfigure;

import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;
import java.util.function.LongSupplier;

import io.serverhardening.ClientKeyResolver;
import io.serverhardening.DataLimit;
import io.serverhardening.MessageKeyResolver;
import io.serverhardening.Mode;
import io.serverhardening.Timeout;
import io.serverhardening.actuate.EffectiveSettings.Setting;
import io.serverhardening.deduplication.BodyBudget;
import io.serverhardening.deduplication.DeduplicationGuard;
import io.serverhardening.deduplication.DeduplicationPolicy;
import io.serverhardening.deduplication.DeduplicationState;
import io.serverhardening.deduplication.MessageKeys;
import io.serverhardening.deduplication.access.LocalRecords;
import io.serverhardening.deduplication.access.Records;
import io.serverhardening.deduplication.access.RemoteRecords;
import io.serverhardening.deduplication.memory.MemoryRecordStore;
import io.serverhardening.deduplication.record.ClaimTerms;
import io.serverhardening.deduplication.record.OnStoreFailure;
import io.serverhardening.internal.AggregatedLog;
import io.serverhardening.internal.HardeningThreads;
import io.serverhardening.internal.call.ApplicationCalls;
import io.serverhardening.internal.message.SenderProfile;
import io.serverhardening.route.RoutePolicy.Binding;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

import org.springframework.beans.factory.BeanFactory;
import org.springframework.beans.factory.BeanNotOfRequiredTypeException;
import org.springframework.beans.factory.NoSuchBeanDefinitionException;
import org.springframework.util.unit.DataSize;
import org.springframework.web.server.ServerWebExchange;

/**
 * Makes the guards that have a message answered once.
 */
final class DeduplicationGuards implements GuardFactory, AutoCloseable {

	private static final Log logger = LogFactory.getLog(DeduplicationGuard.class);

	private static final Duration DEFAULT_TTL = Duration.ofMinutes(10);

	static final Duration LEASE_MARGIN = Duration.ofSeconds(2);

	/** Headers that no copy may have. */
	private static final Set<String> OF_THE_FIRST = Set.of("set-cookie", "set-cookie2", "www-authenticate",
			"proxy-authenticate", "authentication-info", "connection", "keep-alive", "transfer-encoding", "trailer",
			"upgrade", "te", "content-length", "date", "retry-after", "idempotent-replayed");

	/** Failures that last: who tries for longer than this may be refused meanwhile. */
	private static final Duration PATIENT = Duration.ofHours(1);

	/** Milliseconds since 1970 that no clock can set back. */
	private static final LongSupplier MILLIS = monotonic();

	private final WebhookGuards webhooks;

	private final SharedRecords shared;

	private final BeanFactory beans;

	private final Function<ServerWebExchange, Mono<Void>> cors;

	private final LongSupplier time;

	/** The records outlive the guards, which are made anew at each re-tune. */
	private final Map<String, DeduplicationState> states = new ConcurrentHashMap<>();

	/** What takes the place of what is left out, by property. */
	private final Map<String, Setting> found = new ConcurrentHashMap<>();

	private final BodyBudget budget = BodyBudget.ofHeap();

	private final HardeningThreads threads;

	private final ApplicationCalls calls;

	private final AggregatedLog<String> problems;

	/**
	 * Create the factory.
	 * @param webhooks know who sends to a route
	 * @param shared gives the records that all instances share
	 * @param beans has the resolvers of the application
	 * @param cors gives a replay its CORS headers
	 * @param threads keep time off the event loops
	 * @param calls lead to resolvers and handlers
	 * @param time the clock, nanoseconds
	 */
	DeduplicationGuards(WebhookGuards webhooks, SharedRecords shared, BeanFactory beans,
			Function<ServerWebExchange, Mono<Void>> cors, HardeningThreads threads, ApplicationCalls calls,
			LongSupplier time) {
		this.webhooks = webhooks;
		this.shared = shared;
		this.beans = beans;
		this.cors = cors;
		this.threads = threads;
		this.calls = calls;
		this.problems = AggregatedLog.ofFailures(threads.log(), logger::warn);
		this.time = time;
	}

	private static LongSupplier monotonic() {
		long offset = System.currentTimeMillis() - System.nanoTime() / 1_000_000;
		return () -> System.nanoTime() / 1_000_000 + offset;
	}

	@Override
	public String group() {
		return DeduplicationGuard.NAME;
	}

	/**
	 * Return what is kept for each route.
	 * @return the states by the ids of their routes
	 */
	Map<String, DeduplicationState> states() {
		return this.states;
	}

	/**
	 * Return what takes the place of what routes leave out.
	 * @return the settings by the names of their properties
	 */
	Map<String, Setting> found() {
		return this.found;
	}

	@Override
	public @Nullable Binding guard(RouteSettings settings) {
		RouteProperties.Deduplication own = settings.own().deduplication();
		if (own == null) {
			return null;
		}
		String property = settings.property() + "." + group();
		Duration responseTimeout = settings.inForce().response().timeout().duration();
		SenderProfile sender = this.webhooks.profile(settings);
		MessageKeyResolver keys = keys(own.key(), settings, property + ".key");
		Duration runTimeout = runTimeout(own, responseTimeout, property);
		ClaimTerms terms = ClaimTerms.of(settings.route().id(), lease(own, responseTimeout, property),
				ttl(own, runTimeout, sender, this.webhooks.tolerance(settings), property),
				own.maxAttempts().isNone() ? 0 : own.maxAttempts().count());
		if (own.maxRuns().isNone()) {
			throw new InvalidSettingException(property + ".max-runs", own.maxRuns(),
					"must be a number: handlers that nobody waits for are limited by nothing else");
		}
		DeduplicationPolicy policy = new DeduplicationPolicy(Objects.requireNonNull(own.key()), terms, runTimeout,
				own.maxRuns().count(), this.webhooks.maxBodySize(settings), own.onBusy(), sender, own.order().stage(),
				replayHeaders(own.replayHeaders(), property + ".replay-headers"), settings.own().webhook(), property);
		if (policy.maxBodySize() > this.budget.max()) {
			throw new InvalidSettingException(property + ".max-body-size", DataSize.ofBytes(policy.maxBodySize()),
					"must not exceed an eighth of the heap (" + DataSize.ofBytes(this.budget.max()).toMegabytes()
							+ "MB), which is what all messages may keep together");
		}
		find(own, policy, sender);
		DeduplicationState state = this.states.computeIfAbsent(settings.route().id(),
				(id) -> new DeduplicationState(records(own, terms, sender, property), policy.maxRuns(), this.budget,
						this.threads.timers(), this.time));
		return new Binding(new DeduplicationGuard(policy, settings.route().id(), keys,
				principal(own.principal(), settings, property + ".principal"), state, responseTimeout, this.problems,
				this.cors, this.calls), Mode.ENFORCE);
	}

	private void find(RouteProperties.Deduplication own, DeduplicationPolicy policy, SenderProfile sender) {
		ClaimTerms terms = policy.terms();
		find(own.ttl(), policy, ".ttl", Timeout.of(Duration.ofMillis(terms.ttlMillis())));
		find(own.lease(), policy, ".lease", Timeout.of(Duration.ofMillis(terms.leaseMillis())));
		find(own.runTimeout(), policy, ".run-timeout", Timeout.of(policy.runTimeout()));
		find(own.maxBodySize(), policy, ".max-body-size", DataLimit.of(DataSize.ofBytes(policy.maxBodySize())));
		find(own.onStoreFailure(), policy, ".on-store-failure",
				onStoreFailure(own, sender).name().toLowerCase(Locale.ROOT));
	}

	private void find(@Nullable Object own, DeduplicationPolicy policy, String name, Object inForce) {
		if (own == null) {
			this.found.put(policy.propertyPrefix() + name, new Setting(inForce.toString(), "default"));
		}
	}

	static OnStoreFailure onStoreFailure(RouteProperties.Deduplication own, SenderProfile sender) {
		Duration retries = sender.retryPeriod();
		boolean patient = retries != null && retries.compareTo(PATIENT) >= 0;
		return Objects.requireNonNullElse(own.onStoreFailure(), patient ? OnStoreFailure.REJECT : OnStoreFailure.LOCAL);
	}

	private Records records(RouteProperties.Deduplication own, ClaimTerms terms, SenderProfile sender,
			String property) {
		if (own.maxRecords() <= 0) {
			throw new InvalidSettingException(property + ".max-records", own.maxRecords(), "must be positive");
		}
		MemoryRecordStore memory = new MemoryRecordStore(own.maxRecords(), MILLIS);
		SharedRecords.Store store = (own.store() != RecordStoreChoice.MEMORY) ? this.shared.store() : null;
		if (store == null && own.store() == RecordStoreChoice.REDIS) {
			throw new InvalidSettingException(property + ".store", "redis",
					"needs a ReactiveRedisConnectionFactory: add spring-boot-starter-data-redis-reactive, "
							+ "and set spring.data.redis.host");
		}
		if (store == null) {
			return new LocalRecords(memory, onStoreFailure(own, sender));
		}
		return new RemoteRecords(memory, store.records(), store.gate(), terms, onStoreFailure(own, sender),
				required(own.storeTimeout(), property + ".store-timeout"), this.threads.timers(), this.time);
	}

	static Duration required(Timeout timeout, String property) {
		Duration duration = timeout.duration();
		if (duration == null) {
			throw new InvalidSettingException(property, timeout, "must be a time");
		}
		return duration;
	}

	private static Duration runTimeout(RouteProperties.Deduplication own, @Nullable Duration responseTimeout,
			String property) {
		if (own.runTimeout() == null && responseTimeout == null) {
			throw new InvalidSettingException(property + ".run-timeout", null,
					"is required where response.timeout is none: nothing else ends a handler that nobody waits for");
		}
		Duration runTimeout = (own.runTimeout() != null) ? required(own.runTimeout(), property + ".run-timeout")
				: Objects.requireNonNull(responseTimeout).multipliedBy(3);
		if (responseTimeout != null && runTimeout.compareTo(responseTimeout) < 0) {
			throw new InvalidSettingException(property + ".run-timeout", own.runTimeout(),
					"must not be shorter than response.timeout (" + Timeout.of(responseTimeout)
							+ "), which ends the wait for a handler");
		}
		return runTimeout;
	}

	private static Duration lease(RouteProperties.Deduplication own, @Nullable Duration responseTimeout,
			String property) {
		if (own.lease() != null) {
			Duration lease = required(own.lease(), property + ".lease");
			if (lease.compareTo(Duration.ofSeconds(1)) < 0) {
				throw new InvalidSettingException(property + ".lease", own.lease(),
						"must be 1s at least: it is renewed at a third of it, and a pause may take that long");
			}
			return lease;
		}
		return (responseTimeout != null) ? responseTimeout.plus(LEASE_MARGIN) : Duration.ofSeconds(32);
	}

	private static Duration longest(Duration first, @Nullable Duration... others) {
		Duration longest = first;
		for (Duration other : others) {
			if (other != null && other.compareTo(longest) > 0) {
				longest = other;
			}
		}
		return longest;
	}

	private static Duration ttl(RouteProperties.Deduplication own, Duration runTimeout, SenderProfile sender,
			@Nullable Duration believed, String property) {
		Duration retries = sender.retryPeriod();
		Duration ttl = (own.ttl() != null) ? required(own.ttl(), property + ".ttl")
				: longest(DEFAULT_TTL, sender.ttl(), (retries != null) ? retries.multipliedBy(2) : null,
						(believed != null) ? believed.multipliedBy(2) : null);
		if (retries != null && ttl.compareTo(retries.multipliedBy(2)) < 0) {
			throw new InvalidSettingException(property + ".ttl", Timeout.of(ttl), "must be at least twice the "
					+ Timeout.of(retries) + " for which the sender tries again, or its last copy is handled once more");
		}
		if (believed != null && ttl.compareTo(believed.multipliedBy(2)) < 0) {
			throw new InvalidSettingException(property + ".ttl", Timeout.of(ttl),
					"must be at least twice the webhook's tolerance (" + Timeout.of(believed)
							+ "), or a push that was overheard is believed when its first has been forgotten");
		}
		if (ttl.compareTo(runTimeout) <= 0) {
			throw new InvalidSettingException(property + ".ttl", Timeout.of(ttl), "must exceed run-timeout ("
					+ Timeout.of(runTimeout) + "), or a copy may come when its first has been forgotten");
		}
		return ttl;
	}

	private MessageKeyResolver keys(@Nullable String key, RouteSettings settings, String property) {
		if (key == null) {
			throw new InvalidSettingException(property, null,
					"is required: wechat, header:NAME, json:/pointer, xml:/path, body or bean:NAME");
		}
		if (key.equals("wechat")) {
			if (this.webhooks.kind(settings) != WebhookSenderKind.WECHAT) {
				throw new InvalidSettingException(property, key, "needs " + settings.property()
						+ ".webhook to name a source of WeChat's: whoever is not verified could claim any message");
			}
			return MessageKeys.webhook();
		}
		if (key.equals("body")) {
			return MessageKeys.body();
		}
		if (key.matches("header:[!-9;-~]+")) {
			return MessageKeys.header(key.substring("header:".length()));
		}
		if (key.matches("xml:(/[^/\\s]+)+")) {
			return MessageKeys.xml(key.substring("xml:".length()));
		}
		if (key.startsWith("json:/")) {
			return json(key, property);
		}
		if (key.startsWith("bean:")) {
			return bean(key, MessageKeyResolver.class, property);
		}
		throw new InvalidSettingException(property, key,
				"must be wechat, header:NAME, json:/pointer, xml:/path, body or bean:NAME");
	}

	private static List<String> replayHeaders(List<String> names, String property) {
		for (String name : names) {
			if (!name.matches("[!#$%&'*+.^_`|~0-9A-Za-z-]+")) {
				throw new InvalidSettingException(property, name, "is not the name of a header");
			}
			if (isOfTheFirst(name.toLowerCase(Locale.ROOT))) {
				throw new InvalidSettingException(property, name,
						"is for whoever came first, or for one connection: copies cannot have it");
			}
		}
		return names;
	}

	private static boolean isOfTheFirst(String name) {
		return OF_THE_FIRST.contains(name) || name.startsWith("access-control-");
	}

	private @Nullable ClientKeyResolver principal(@Nullable String principal, RouteSettings settings, String property) {
		if (principal == null) {
			return null;
		}
		if (settings.own().webhook() != null) {
			throw new InvalidSettingException(property, principal,
					"has no effect beside a webhook, which proves who sends: leave it out");
		}
		if (principal.matches("header:[!-9;-~]+")) {
			String header = principal.substring("header:".length());
			return (exchange) -> {
				List<String> values = exchange.getRequest().getHeaders().getOrEmpty(header);
				return values.isEmpty() ? Mono.empty() : Mono.just(String.join("\n", values));
			};
		}
		if (principal.startsWith("bean:")) {
			return bean(principal, ClientKeyResolver.class, property);
		}
		throw new InvalidSettingException(property, principal, "must be header:NAME or bean:NAME");
	}

	private static MessageKeyResolver json(String key, String property) {
		try {
			return MessageKeys.json(key.substring("json:".length()));
		}
		catch (IllegalArgumentException ex) {
			throw new InvalidSettingException(property, key, "is no JSON pointer (RFC 6901), such as /order/id");
		}
	}

	private <T> T bean(String value, Class<T> type, String property) {
		String bean = value.substring("bean:".length());
		try {
			return this.beans.getBean(bean, type);
		}
		catch (NoSuchBeanDefinitionException | BeanNotOfRequiredTypeException ex) {
			throw new InvalidSettingException(property, value,
					"names no bean: there is no " + type.getSimpleName() + " called '" + bean + "'");
		}
	}

	@Override
	public void close() {
		this.problems.close();
	}

}
