package io.serverhardening.autoconfigure;

import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;

import io.github.resilience4j.bulkhead.BulkheadRegistry;
import io.serverhardening.CountLimit;
import io.serverhardening.Mode;
import io.serverhardening.Percentage;
import io.serverhardening.concurrency.ConcurrencyGuard;
import io.serverhardening.concurrency.ConcurrencyPolicy;
import io.serverhardening.concurrency.PriorityBulkhead;
import io.serverhardening.route.RoutePolicy.Binding;
import org.jspecify.annotations.Nullable;

/**
 * Makes limits on requests in flight.
 */
final class ConcurrencyGuards implements GuardFactory {

	private static final int LARGEST_RESERVE = 50;

	private static final Percentage NO_RESERVE = new Percentage(0);

	private final HardeningProperties properties;

	private final BulkheadRegistry registry = BulkheadRegistry.ofDefaults();

	/** The places outlive the guards, which are made anew at each re-tune. */
	private final Map<String, PriorityBulkhead> bulkheads = new ConcurrentHashMap<>();

	/**
	 * Create the factory.
	 * @param properties the settings
	 */
	ConcurrencyGuards(HardeningProperties properties) {
		this.properties = properties;
	}

	@Override
	public String group() {
		return ConcurrencyGuard.NAME;
	}

	BulkheadRegistry registry() {
		return this.registry;
	}

	@Override
	public @Nullable Binding guard(RouteSettings settings) {
		HardeningProperties.Concurrency top = this.properties.concurrency();
		RouteProperties.Concurrency own = settings.own().concurrency();
		CountLimit maxRequests = Objects.requireNonNullElse(own.maxRequests(), top.maxRequests());
		if (!Objects.requireNonNullElse(own.enabled(), top.enabled()) || maxRequests.isNone()) {
			return null;
		}
		String property = settings.propertyOf(own.isSet(), group());
		// Places of its own have one priority only: what is kept of them is kept for
		// nobody.
		Percentage inherited = own.isSet() ? NO_RESERVE : top.reserve();
		Percentage reserve = Objects.requireNonNullElse(own.reserve(), inherited);
		if (reserve.percent() > LARGEST_RESERVE) {
			throw new InvalidSettingException(property + ".reserve", reserve,
					"must not be more than 50%: what is kept for some is taken from all others");
		}
		Mode mode = Objects.requireNonNullElse(own.mode(),
				Objects.requireNonNullElse(top.mode(), this.properties.mode()));
		PriorityBulkhead bulkhead = this.bulkheads.computeIfAbsent(settings.nameOf(own.isSet()),
				(name) -> register(name, new ConcurrencyPolicy(maxRequests.count(), reserve, property)));
		return new Binding(new ConcurrencyGuard(bulkhead, settings.own().priority(), mode), mode);
	}

	private PriorityBulkhead register(String name, ConcurrencyPolicy policy) {
		PriorityBulkhead bulkhead = new PriorityBulkhead(name, policy);
		this.registry.bulkhead(name, bulkhead.getBulkheadConfig());
		this.registry.replace(name, bulkhead);
		return bulkhead;
	}

}
