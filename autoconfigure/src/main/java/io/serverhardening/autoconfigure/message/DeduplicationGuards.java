package io.serverhardening.autoconfigure.message;

import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.function.Function;
import java.util.function.LongSupplier;

import io.serverhardening.DataLimit;
import io.serverhardening.MessageKeyResolver;
import io.serverhardening.Mode;
import io.serverhardening.Timeout;
import io.serverhardening.actuate.EffectiveSettings.Setting;
import io.serverhardening.autoconfigure.diagnostics.InvalidSettingException;
import io.serverhardening.autoconfigure.resolution.Resolution;
import io.serverhardening.autoconfigure.resolution.RouteSettings;
import io.serverhardening.autoconfigure.route.GuardFactory;
import io.serverhardening.autoconfigure.route.GuardFactory.Draft;
import io.serverhardening.autoconfigure.route.KeptStates;
import io.serverhardening.autoconfigure.settings.DeduplicationProperties;
import io.serverhardening.deduplication.DeduplicationGuard;
import io.serverhardening.deduplication.DeduplicationPolicy;
import io.serverhardening.deduplication.DeduplicationState;
import io.serverhardening.deduplication.access.RecordsPolicy;
import io.serverhardening.deduplication.record.ClaimTerms;
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
public final class DeduplicationGuards implements GuardFactory, AutoCloseable {

	private static final Log logger = LogFactory.getLog(DeduplicationGuard.class);

	private final WebhookGuards webhooks;

	private final MessageKeyChoice keys;

	private final Function<ServerWebExchange, Mono<Void>> cors;

	/** A message may still be on its way in when its route is gone. */
	private final KeptStates<DeduplicationState> states = KeptStates.sought(DeduplicationState::isBusy,
			DeduplicationState::close);

	/** What takes the place of what is left out, by property. */
	private volatile Map<String, Setting> found = Map.of();

	private final BodyBudget budget = BodyBudget.ofHeap();

	private final RouteRecords records;

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
	public DeduplicationGuards(WebhookGuards webhooks, SharedRecords shared, BeanFactory beans,
			Function<ServerWebExchange, Mono<Void>> cors, HardeningThreads threads, ApplicationCalls calls,
			LongSupplier time) {
		this.webhooks = webhooks;
		this.keys = new MessageKeyChoice(beans);
		this.cors = cors;
		this.calls = calls;
		this.problems = AggregatedLog.ofFailures(threads.log(), logger::warn);
		this.records = new RouteRecords(shared, this.budget, threads, time);
	}

	@Override
	public String group() {
		return DeduplicationGuard.NAME;
	}

	/**
	 * Return what is kept for each route.
	 * @return the states by the ids of their routes
	 */
	public Map<String, DeduplicationState> states() {
		return this.states.all();
	}

	/**
	 * Return everything that messages are at work in.
	 * @return the states, also of routes that are gone
	 */
	public Collection<DeduplicationState> busy() {
		return this.states.withLeaving();
	}

	/**
	 * Return what takes the place of what routes leave out.
	 * @return the settings by the names of their properties
	 */
	public Map<String, Setting> found() {
		return this.found;
	}

	@Override
	public Draft draft(Resolution resolution) {
		return new DeduplicationDraft(this.webhooks.sources(resolution));
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
			DeduplicationProperties own = settings.own().deduplication();
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

		private DeduplicationPolicy policy(RouteSettings settings, DeduplicationProperties own, SenderProfile sender,
				String property) {
			DeduplicationTerms terms = DeduplicationTerms.of(settings, own, sender, this.webhooks.tolerance(settings),
					property);
			if (own.maxRuns().isNone()) {
				throw new InvalidSettingException(property + ".max-runs", own.maxRuns(),
						"must be a number: no other setting limits handlers whose clients have left");
			}
			if (own.maxRecords() <= 0) {
				throw new InvalidSettingException(property + ".max-records", own.maxRecords(), "must be positive");
			}
			DeduplicationPolicy policy = new DeduplicationPolicy(Objects.requireNonNull(own.key()), terms.claims(),
					terms.runTimeout(), own.maxRuns().count(), MessageSize.max(settings, this.webhooks), own.onBusy(),
					sender, own.order().stage(), ReplayHeaders.check(own.replayHeaders(), property + ".replay-headers"),
					settings.own().webhook(), property);
			long most = DeduplicationGuards.this.budget.max();
			if (policy.maxBodySize() > most) {
				throw new InvalidSettingException(property + ".max-body-size", DataSize.ofBytes(policy.maxBodySize()),
						"must not exceed an eighth of the heap (" + DataSize.ofBytes(most).toMegabytes()
								+ "MB): all messages together may keep no more than that");
			}
			return policy;
		}

		private void find(DeduplicationProperties own, DeduplicationPolicy policy, SenderProfile sender) {
			ClaimTerms terms = policy.terms();
			find(own.ttl(), policy, ".ttl", Timeout.of(Duration.ofMillis(terms.ttlMillis())));
			find(own.lease(), policy, ".lease", Timeout.of(Duration.ofMillis(terms.leaseMillis())));
			find(own.runTimeout(), policy, ".run-timeout", Timeout.of(policy.runTimeout()));
			find(own.maxBodySize(), policy, ".max-body-size", DataLimit.of(DataSize.ofBytes(policy.maxBodySize())));
			find(own.onStoreFailure(), policy, ".on-store-failure",
					RouteRecords.onStoreFailure(own, sender).name().toLowerCase(Locale.ROOT));
		}

		private void find(@Nullable Object own, DeduplicationPolicy policy, String name, Object inForce) {
			if (own == null) {
				this.found.put(policy.propertyPrefix() + name, new Setting(inForce.toString(), "default"));
			}
		}

		private DeduplicationState state(String route, DeduplicationProperties own, DeduplicationPolicy policy,
				SenderProfile sender) {
			String property = policy.propertyPrefix();
			RecordsPolicy access = new RecordsPolicy(policy.terms(), RouteRecords.onStoreFailure(own, sender),
					DeduplicationTerms.required(own.storeTimeout(), property + ".store-timeout"), own.maxRecords());
			SharedRecords.Store store = DeduplicationGuards.this.records.store(own, property);
			DeduplicationState state = DeduplicationGuards.this.states.get(route,
					(id) -> DeduplicationGuards.this.records.state(policy.maxRuns(), access, store));
			if (state.records().isRemote() != (store != null)) {
				throw new InvalidSettingException(property + ".store", own.store(),
						"needs a restart: the store of a route cannot change while the application runs, even if the route "
								+ "was gone meanwhile");
			}
			this.states.put(route, state);
			this.changes.add(() -> state.apply(policy.maxRuns(), access));
			return state;
		}

		@Override
		public void commit() {
			DeduplicationGuards.this.states.keep(this.states);
			this.changes.forEach(Runnable::run);
			DeduplicationGuards.this.found = Map.copyOf(this.found);
		}

	}

}
