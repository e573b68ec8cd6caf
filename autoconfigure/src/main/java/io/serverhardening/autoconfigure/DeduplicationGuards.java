package io.serverhardening.autoconfigure;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;
import java.util.function.LongSupplier;

import io.serverhardening.DataLimit;
import io.serverhardening.MessageKeyResolver;
import io.serverhardening.Mode;
import io.serverhardening.Timeout;
import io.serverhardening.actuate.EffectiveSettings.Setting;
import io.serverhardening.autoconfigure.GuardFactory.Draft;
import io.serverhardening.deduplication.DeduplicationGuard;
import io.serverhardening.deduplication.DeduplicationPolicy;
import io.serverhardening.deduplication.DeduplicationState;
import io.serverhardening.deduplication.access.LocalRecords;
import io.serverhardening.deduplication.access.Records;
import io.serverhardening.deduplication.access.RecordsPolicy;
import io.serverhardening.deduplication.access.RemoteRecords;
import io.serverhardening.deduplication.memory.MemoryRecordStore;
import io.serverhardening.deduplication.record.ClaimTerms;
import io.serverhardening.deduplication.record.OnStoreFailure;
import io.serverhardening.deduplication.run.BodyBudget;
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
import org.springframework.util.unit.DataSize;
import org.springframework.web.server.ServerWebExchange;

/**
 * Makes the guards that have a message answered once.
 */
final class DeduplicationGuards implements GuardFactory, AutoCloseable {

	private static final Log logger = LogFactory.getLog(DeduplicationGuard.class);

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

	private final MessageKeyChoice keys;

	private final Function<ServerWebExchange, Mono<Void>> cors;

	private final LongSupplier time;

	private final KeptStates<DeduplicationState> states = new KeptStates<>();

	/** What takes the place of what is left out, by property. */
	private volatile Map<String, Setting> found = Map.of();

	private final BodyBudget budget = BodyBudget.ofHeap();

	/** Whose routes are gone, and which have not done with what they had begun. */
	private final Map<String, DeduplicationState> leaving = new ConcurrentHashMap<>();

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
		this.keys = new MessageKeyChoice(beans);
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
		return this.states.all();
	}

	/**
	 * Return everything that messages are at work in.
	 * @return the states, also of routes that are gone
	 */
	Collection<DeduplicationState> busy() {
		forgetIdle();
		List<DeduplicationState> busy = new ArrayList<>(this.states.all().values());
		busy.addAll(this.leaving.values());
		return busy;
	}

	private void forgetIdle() {
		this.leaving.values().removeIf((state) -> {
			boolean idle = !state.isBusy();
			if (idle) {
				state.close();
			}
			return idle;
		});
	}

	/**
	 * Return what takes the place of what routes leave out.
	 * @return the settings by the names of their properties
	 */
	Map<String, Setting> found() {
		return this.found;
	}

	@Override
	public Draft draft(Resolution resolution) {
		return new DeduplicationDraft(this.webhooks.sources(resolution));
	}

	static OnStoreFailure onStoreFailure(RouteProperties.Deduplication own, SenderProfile sender) {
		Duration retries = sender.retryPeriod();
		boolean patient = retries != null && retries.compareTo(PATIENT) >= 0;
		return Objects.requireNonNullElse(own.onStoreFailure(), patient ? OnStoreFailure.REJECT : OnStoreFailure.LOCAL);
	}

	// A route that comes back finds what is still at work for it.
	private DeduplicationState state(String route, RouteProperties.Deduplication own, DeduplicationPolicy policy,
			SenderProfile sender, SharedRecords.@Nullable Store store) {
		DeduplicationState left = this.leaving.get(route);
		return (left != null) ? left : new DeduplicationState(records(own, policy, sender, store), policy.maxRuns(),
				this.budget, this.threads.timers(), this.time);
	}

	private Records records(RouteProperties.Deduplication own, DeduplicationPolicy policy, SenderProfile sender,
			SharedRecords.@Nullable Store store) {
		MemoryRecordStore memory = new MemoryRecordStore(own.maxRecords(), MILLIS);
		if (store == null) {
			return new LocalRecords(memory, onStoreFailure(own, sender));
		}
		return new RemoteRecords(memory, store.records(), store.gate(), policy.terms(), onStoreFailure(own, sender),
				DeduplicationTerms.required(own.storeTimeout(), policy.propertyPrefix() + ".store-timeout"),
				this.threads.timers(), this.time);
	}

	private SharedRecords.@Nullable Store store(RouteProperties.Deduplication own, String property) {
		SharedRecords.Store store = (own.store() != RecordStoreChoice.MEMORY) ? this.shared.store() : null;
		if (store == null && own.store() == RecordStoreChoice.REDIS) {
			throw new InvalidSettingException(property + ".store", "redis",
					"needs a ReactiveRedisConnectionFactory: add spring-boot-starter-data-redis-reactive, "
							+ "and set spring.data.redis.host");
		}
		return store;
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

	@Override
	public void close() {
		this.problems.close();
	}

	/**
	 * Deduplication in the making.
	 */
	private final class DeduplicationDraft implements Draft {

		private final WebhookSources webhooks;

		private final Map<String, DeduplicationState> states = new LinkedHashMap<>();

		private final Map<String, Setting> found = new HashMap<>();

		private final List<Runnable> changes = new ArrayList<>();

		DeduplicationDraft(WebhookSources webhooks) {
			this.webhooks = webhooks;
		}

		@Override
		public @Nullable Binding guard(RouteSettings settings) {
			RouteProperties.Deduplication own = settings.own().deduplication();
			if (own == null) {
				return null;
			}
			String property = settings.property() + "." + group();
			SenderProfile sender = this.webhooks.profile(settings);
			MessageKeyResolver keys = DeduplicationGuards.this.keys.keys(own.key(), this.webhooks.kind(settings),
					settings, property + ".key");
			DeduplicationPolicy policy = policy(settings, own, sender, property);
			find(own, policy, sender);
			DeduplicationState state = state(settings.route().id(), own, policy, sender);
			return new Binding(new DeduplicationGuard(policy, settings.route().id(), keys,
					DeduplicationGuards.this.keys.principal(own.principal(), settings, property + ".principal"), state,
					settings.inForce().response().timeout().duration(), DeduplicationGuards.this.problems,
					DeduplicationGuards.this.cors, DeduplicationGuards.this.calls), Mode.ENFORCE);
		}

		private DeduplicationPolicy policy(RouteSettings settings, RouteProperties.Deduplication own,
				SenderProfile sender, String property) {
			DeduplicationTerms terms = DeduplicationTerms.of(settings, own, sender, this.webhooks.tolerance(settings),
					property);
			if (own.maxRuns().isNone()) {
				throw new InvalidSettingException(property + ".max-runs", own.maxRuns(),
						"must be a number: handlers that nobody waits for are limited by nothing else");
			}
			if (own.maxRecords() <= 0) {
				throw new InvalidSettingException(property + ".max-records", own.maxRecords(), "must be positive");
			}
			DeduplicationPolicy policy = new DeduplicationPolicy(Objects.requireNonNull(own.key()), terms.claims(),
					terms.runTimeout(), own.maxRuns().count(), this.webhooks.maxBodySize(settings), own.onBusy(),
					sender, own.order().stage(), replayHeaders(own.replayHeaders(), property + ".replay-headers"),
					settings.own().webhook(), property);
			long most = DeduplicationGuards.this.budget.max();
			if (policy.maxBodySize() > most) {
				throw new InvalidSettingException(property + ".max-body-size", DataSize.ofBytes(policy.maxBodySize()),
						"must not exceed an eighth of the heap (" + DataSize.ofBytes(most).toMegabytes()
								+ "MB), which is what all messages may keep together");
			}
			return policy;
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

		private DeduplicationState state(String route, RouteProperties.Deduplication own, DeduplicationPolicy policy,
				SenderProfile sender) {
			String property = policy.propertyPrefix();
			SharedRecords.Store store = store(own, property);
			DeduplicationState state = DeduplicationGuards.this.states.get(route,
					(id) -> DeduplicationGuards.this.state(id, own, policy, sender, store));
			if (state.records().isRemote() != (store != null)) {
				throw new InvalidSettingException(property + ".store", own.store(),
						"needs a restart: messages are remembered where they were when the application started");
			}
			this.states.put(route, state);
			RecordsPolicy records = new RecordsPolicy(policy.terms(), onStoreFailure(own, sender),
					DeduplicationTerms.required(own.storeTimeout(), property + ".store-timeout"), own.maxRecords());
			this.changes.add(() -> state.apply(policy.maxRuns(), records));
			return state;
		}

		@Override
		public void commit() {
			this.changes.forEach(Runnable::run);
			DeduplicationGuards.this.found = Map.copyOf(this.found);
			DeduplicationGuards.this.states.keep(this.states,
					(route, added) -> DeduplicationGuards.this.leaving.remove(route),
					DeduplicationGuards.this.leaving::put);
			forgetIdle();
		}

	}

}
