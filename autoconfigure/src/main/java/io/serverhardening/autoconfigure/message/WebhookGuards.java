package io.serverhardening.autoconfigure.message;

import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.LongSupplier;

import io.serverhardening.ClientAddressResolver;
import io.serverhardening.Mode;
import io.serverhardening.Timeout;
import io.serverhardening.autoconfigure.diagnostics.InvalidSettingException;
import io.serverhardening.autoconfigure.resolution.Resolution;
import io.serverhardening.autoconfigure.resolution.RouteSettings;
import io.serverhardening.autoconfigure.route.ContainedAddresses;
import io.serverhardening.autoconfigure.route.GuardFactory;
import io.serverhardening.autoconfigure.route.GuardFactory.Draft;
import io.serverhardening.autoconfigure.route.KeptStates;
import io.serverhardening.autoconfigure.settings.DeduplicationProperties;
import io.serverhardening.autoconfigure.settings.RecordStoreChoice;
import io.serverhardening.client.CidrBlock;
import io.serverhardening.deduplication.DeduplicationGuard;
import io.serverhardening.deduplication.record.OnStoreFailure;
import io.serverhardening.internal.call.ApplicationCalls;
import io.serverhardening.route.RoutePolicy.Binding;
import io.serverhardening.webhook.WebhookActivity;
import io.serverhardening.webhook.WebhookGuard;
import io.serverhardening.webhook.WebhookSource;
import io.serverhardening.webhook.nonce.NonceAccess;
import io.serverhardening.webhook.nonce.Nonces;
import io.serverhardening.webhook.sender.KnownSender;
import org.jspecify.annotations.Nullable;
import reactor.core.scheduler.Scheduler;

import org.springframework.beans.factory.ListableBeanFactory;

/**
 * Makes the guards that verify webhooks.
 */
public final class WebhookGuards implements GuardFactory {

	/** The default of deduplication.store-timeout. */
	private static final Duration STORE_TIMEOUT = Duration.ofMillis(250);

	private final ClientAddressResolver addresses;

	private final ListableBeanFactory beans;

	private final ApplicationCalls calls;

	private final SharedRecords shared;

	private final Scheduler timers;

	private final LongSupplier time;

	private final KeptStates<WebhookActivity> activities = new KeptStates<>((activity) -> false, (forgotten) -> {
	});

	private volatile @Nullable Known known;

	/**
	 * Create the factory.
	 * @param addresses tells where a push comes from
	 * @param beans has the senders of the application
	 * @param calls lead to both
	 * @param shared gives what all instances share
	 * @param timers keep time off the event loops
	 * @param time the clock, milliseconds since the epoch
	 */
	public WebhookGuards(ClientAddressResolver addresses, ListableBeanFactory beans, ApplicationCalls calls,
			SharedRecords shared, Scheduler timers, LongSupplier time) {
		this.addresses = new ContainedAddresses(addresses, calls);
		this.beans = beans;
		this.calls = calls;
		this.shared = shared;
		this.timers = timers;
		this.time = time;
	}

	@Override
	public String group() {
		return WebhookGuard.NAME;
	}

	/**
	 * Return what has happened to the pushes of each source.
	 * @return the counts by source
	 */
	public Map<String, WebhookActivity> activities() {
		return this.activities.all();
	}

	/**
	 * Return who may push.
	 * @param resolution the settings
	 * @return the sources, which the guards of a draft of these settings share
	 */
	WebhookSources sources(Resolution resolution) {
		Known known = this.known;
		return (known != null && known.resolution().equals(resolution)) ? known.sources() : read(resolution);
	}

	// Anew for each draft, also of the settings in force: the file of a key may have
	// changed.
	private WebhookSources read(Resolution resolution) {
		WebhookSources sources = new WebhookSources(resolution.written().webhook(), this.beans);
		this.known = new Known(resolution, sources);
		return sources;
	}

	@Override
	public Draft draft(Resolution resolution) {
		return new WebhookDraft(read(resolution));
	}

	private static void checkTimeout(RouteSettings settings, WebhookSource source) {
		Timeout timeout = settings.inForce().response().timeout();
		Duration patience = source.profile().timeout();
		Duration duration = timeout.duration();
		if (patience != null && (duration == null || duration.compareTo(patience) >= 0)) {
			throw new InvalidSettingException(settings.property() + ".response.timeout", timeout,
					"must be shorter than the " + Timeout.of(patience) + " after which " + source.id()
							+ " gives up on the answer, such as " + Timeout.of(patience.multipliedBy(9).dividedBy(10)));
		}
	}

	/**
	 * Webhooks in the making.
	 */
	private final class WebhookDraft implements Draft {

		private final WebhookSources sources;

		private final Map<String, WebhookActivity> activities = new LinkedHashMap<>();

		WebhookDraft(WebhookSources sources) {
			this.sources = sources;
		}

		@Override
		public @Nullable Binding guard(RouteSettings settings) {
			WebhookSource source = this.sources.of(settings);
			if (source == null) {
				return null;
			}
			checkTimeout(settings, source);
			WebhookActivity activity = this.activities.computeIfAbsent(source.id(),
					(id) -> WebhookGuards.this.activities.get(id, this::activity));
			List<CidrBlock> from = this.sources.properties(source).allowedFrom();
			return new Binding(
					new WebhookGuard(source, activity, nonces(settings, source, activity),
							(client) -> from.isEmpty()
									|| from.stream().anyMatch((block) -> block.contains(client.address())),
							WebhookGuards.this.addresses, settings.own().deduplication() != null,
							MessageSize.max(settings, this.sources), WebhookGuards.this.calls, WebhookGuards.this.time),
					Mode.ENFORCE);
		}

		private WebhookActivity activity(String source) {
			return new WebhookActivity(new Nonces(this.sources.nonceLifetime(source), WebhookGuards.this.time));
		}

		@Override
		public void commit() {
			// A source that no route names for now has sent what must not come again.
			WebhookGuards.this.activities.all().forEach((source, activity) -> {
				if (this.sources.has(source)) {
					this.activities.putIfAbsent(source, activity);
				}
			});
			this.activities.forEach((source, activity) -> activity.nonces().apply(this.sources.nonceLifetime(source)));
			WebhookGuards.this.activities.keep(this.activities);
		}

		// Where messages are remembered nonces are, too. A route without deduplication
		// shares them where it would share messages.
		private NonceAccess nonces(RouteSettings settings, WebhookSource source, WebhookActivity activity) {
			DeduplicationProperties own = settings.own().deduplication();
			boolean used = !(source.sender() instanceof KnownSender sender) || sender.hasNonces();
			boolean memory = own != null && own.store() == RecordStoreChoice.MEMORY;
			SharedRecords.Store store = (used && !memory) ? WebhookGuards.this.shared.store() : null;
			if (store == null) {
				return new NonceAccess(activity.nonces(), null, null, activity::unshared);
			}
			String property = settings.property() + "." + DeduplicationGuard.NAME;
			Duration timeout = (own != null)
					? DeduplicationTerms.required(own.storeTimeout(), property + ".store-timeout") : STORE_TIMEOUT;
			boolean required = own != null
					&& RouteRecords.onStoreFailure(own, source.profile()) == OnStoreFailure.REJECT;
			return new NonceAccess(activity.nonces(),
					new RecordNonces(store, source.id(), settings.route().id(), lease(settings, source),
							this.sources.nonceLifetime(source.id()), timeout, WebhookGuards.this.timers),
					required ? property + ".on-store-failure" : null, activity::unshared);
		}

		// Until a push is handled or has failed, for certain.
		private Duration lease(RouteSettings settings, WebhookSource source) {
			Duration timeout = settings.inForce().response().timeout().duration();
			return (timeout != null) ? timeout.plus(DeduplicationTerms.LEASE_MARGIN)
					: this.sources.nonceLifetime(source.id());
		}

	}

	/**
	 * Sources are made once for the guards of a table.
	 *
	 * @param resolution the settings
	 * @param sources what was made from them
	 */
	private record Known(Resolution resolution, WebhookSources sources) {

	}

}
