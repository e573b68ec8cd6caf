package io.serverhardening.autoconfigure;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.LongSupplier;

import io.serverhardening.ClientAddressResolver;
import io.serverhardening.DataLimit;
import io.serverhardening.Mode;
import io.serverhardening.Timeout;
import io.serverhardening.client.CidrBlock;
import io.serverhardening.deduplication.DeduplicationGuard;
import io.serverhardening.deduplication.record.OnStoreFailure;
import io.serverhardening.internal.call.ApplicationCalls;
import io.serverhardening.internal.message.SenderProfile;
import io.serverhardening.route.RoutePolicy.Binding;
import io.serverhardening.webhook.KnownSender;
import io.serverhardening.webhook.NonceAccess;
import io.serverhardening.webhook.Nonces;
import io.serverhardening.webhook.WebhookActivity;
import io.serverhardening.webhook.WebhookGuard;
import io.serverhardening.webhook.WebhookSource;
import org.jspecify.annotations.Nullable;
import reactor.core.scheduler.Scheduler;

import org.springframework.beans.factory.ListableBeanFactory;
import org.springframework.util.unit.DataSize;

/**
 * Makes the guards that verify webhooks.
 */
final class WebhookGuards implements GuardFactory {

	/** Twenty times what WeChat pushes. */
	private static final DataSize WECHAT_BODY = DataSize.ofKilobytes(64);

	/** The default of spring.codec.max-in-memory-size. */
	private static final DataSize BODY = DataSize.ofKilobytes(256);

	/** The default of deduplication.store-timeout. */
	private static final Duration STORE_TIMEOUT = Duration.ofMillis(250);

	private static final DataSize LONGEST_BODY = DataSize.ofMegabytes(64);

	private final ClientAddressResolver addresses;

	private final WebhookSources sources;

	private final ApplicationCalls calls;

	private final SharedRecords shared;

	private final Scheduler timers;

	private final LongSupplier time;

	/** What is counted outlives the guards, which are made anew at each re-tune. */
	private final Map<String, WebhookActivity> activities = new ConcurrentHashMap<>();

	/**
	 * Create the factory.
	 * @param properties the settings
	 * @param addresses tells where a push comes from
	 * @param beans has the senders of the application
	 * @param calls lead to both
	 * @param shared gives what all instances share
	 * @param timers keep time off the event loops
	 * @param time the clock, milliseconds since the epoch
	 */
	WebhookGuards(HardeningProperties properties, ClientAddressResolver addresses, ListableBeanFactory beans,
			ApplicationCalls calls, SharedRecords shared, Scheduler timers, LongSupplier time) {
		this.addresses = new ContainedAddresses(addresses, calls);
		this.sources = new WebhookSources(properties.webhook(), beans);
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
	Map<String, WebhookActivity> activities() {
		return this.activities;
	}

	/**
	 * Return who sends to a route.
	 * @param settings what the route says
	 * @return how the sender behaves, {@link SenderProfile#UNKNOWN} where no webhook is
	 * verified
	 */
	SenderProfile profile(RouteSettings settings) {
		WebhookSource source = this.sources.of(settings);
		return (source != null) ? source.profile() : SenderProfile.UNKNOWN;
	}

	/**
	 * Return how old a push to a route may be.
	 * @param settings what the route says
	 * @return the time, {@code null} for any age, or where no webhook is verified
	 */
	@Nullable Duration tolerance(RouteSettings settings) {
		WebhookSource source = this.sources.of(settings);
		return (source != null) ? source.tolerance() : null;
	}

	/**
	 * Return which sender sends to a route.
	 * @param settings what the route says
	 * @return the sender, or {@code null} where it is a bean, or no webhook is verified
	 */
	@Nullable WebhookSenderKind kind(RouteSettings settings) {
		WebhookSource source = this.sources.of(settings);
		return (source != null) ? WebhookSources.kind(source) : null;
	}

	@Override
	public @Nullable Binding guard(RouteSettings settings) {
		WebhookSource source = this.sources.of(settings);
		if (source == null) {
			return null;
		}
		checkTimeout(settings, source);
		WebhookActivity activity = this.activities.computeIfAbsent(source.id(),
				(id) -> new WebhookActivity(new Nonces(this.sources.nonceLifetime(source), this.time)));
		List<CidrBlock> from = this.sources.properties(source).allowedFrom();
		return new Binding(
				new WebhookGuard(source, activity, nonces(settings, source, activity),
						(client) -> from.isEmpty()
								|| from.stream().anyMatch((block) -> block.contains(client.address())),
						this.addresses, settings.own().deduplication() != null, maxBodySize(settings), this.calls,
						this.time),
				Mode.ENFORCE);
	}

	// Where messages are remembered nonces are, too. A route that has no deduplication
	// shares them where it would share messages.
	private NonceAccess nonces(RouteSettings settings, WebhookSource source, WebhookActivity activity) {
		RouteProperties.Deduplication own = settings.own().deduplication();
		boolean used = !(source.sender() instanceof KnownSender known) || known.hasNonces();
		boolean memory = own != null && own.store() == RecordStoreChoice.MEMORY;
		SharedRecords.Store store = (used && !memory) ? this.shared.store() : null;
		if (store == null) {
			return new NonceAccess(activity, null, null);
		}
		String property = settings.property() + "." + DeduplicationGuard.NAME;
		Duration timeout = (own != null) ? DeduplicationGuards.required(own.storeTimeout(), property + ".store-timeout")
				: STORE_TIMEOUT;
		boolean required = own != null
				&& DeduplicationGuards.onStoreFailure(own, source.profile()) == OnStoreFailure.REJECT;
		return new NonceAccess(activity,
				new RecordNonces(store, source.id(), settings.route().id(), lease(settings, source),
						this.sources.nonceLifetime(source), timeout, this.timers),
				required ? property + ".on-store-failure" : null);
	}

	// Until a push is handled or has failed, for certain.
	private Duration lease(RouteSettings settings, WebhookSource source) {
		Duration timeout = settings.inForce().response().timeout().duration();
		return (timeout != null) ? timeout.plus(DeduplicationGuards.LEASE_MARGIN) : this.sources.nonceLifetime(source);
	}

	/**
	 * Return how large a message may be: the whole of it is read before it is known.
	 * @param settings what the route says
	 * @return bytes
	 */
	int maxBodySize(RouteSettings settings) {
		DataLimit all = settings.inForce().request().maxBodySize();
		RouteProperties.Deduplication deduplication = settings.own().deduplication();
		if (deduplication != null && deduplication.maxBodySize() != null) {
			return maxBodySize(deduplication.maxBodySize(), settings.property() + ".deduplication", all);
		}
		WebhookSource source = this.sources.of(settings);
		DataLimit own = (source != null) ? this.sources.properties(source).maxBodySize() : null;
		if (source != null && own != null) {
			return maxBodySize(own, source.property(), all);
		}
		boolean wechat = source != null && WebhookSources.kind(source) == WebhookSenderKind.WECHAT;
		return (int) Math.min((wechat ? WECHAT_BODY : BODY).toBytes(), all.bytes());
	}

	private static int maxBodySize(DataLimit own, String property, DataLimit all) {
		if (own.isNone() || own.bytes() > LONGEST_BODY.toBytes()) {
			throw new InvalidSettingException(property + ".max-body-size", own,
					"must be a size up to 64MB: the whole of a message is held in memory");
		}
		if (own.bytes() > all.bytes()) {
			throw new InvalidSettingException(property + ".max-body-size", own,
					"must not exceed request.max-body-size (" + all + "), which ends longer bodies");
		}
		return (int) own.bytes();
	}

	private void checkTimeout(RouteSettings settings, WebhookSource source) {
		Timeout timeout = settings.inForce().response().timeout();
		Duration patience = source.profile().timeout();
		Duration duration = timeout.duration();
		if (patience != null && (duration == null || duration.compareTo(patience) >= 0)) {
			throw new InvalidSettingException(settings.property() + ".response.timeout", timeout,
					"must be shorter than the " + Timeout.of(patience) + " after which " + source.id()
							+ " gives up on the answer, such as " + Timeout.of(patience.multipliedBy(9).dividedBy(10)));
		}
	}

}
