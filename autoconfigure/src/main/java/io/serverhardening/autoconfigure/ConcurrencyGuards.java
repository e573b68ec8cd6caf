package io.serverhardening.autoconfigure;

import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;

import io.github.resilience4j.bulkhead.BulkheadRegistry;
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

	private final BulkheadRegistry registry = BulkheadRegistry.ofDefaults();

	/** The places outlive the guards, which are made anew at each re-tune. */
	private final Map<String, PriorityBulkhead> bulkheads = new ConcurrentHashMap<>();

	@Override
	public String group() {
		return ConcurrencyGuard.NAME;
	}

	BulkheadRegistry registry() {
		return this.registry;
	}

	@Override
	public @Nullable Binding guard(RouteSettings settings) {
		HardeningProperties.Concurrency inForce = settings.inForce().concurrency();
		if (!inForce.enabled() || inForce.maxRequests().isNone()) {
			return null;
		}
		boolean own = settings.own().concurrency().isSet();
		String property = settings.propertyOf(own, group());
		Percentage reserve = inForce.reserve();
		if (reserve.percent() > LARGEST_RESERVE) {
			throw new InvalidSettingException(property + ".reserve", reserve,
					"must not be more than 50%: what is kept for some is taken from all others");
		}
		Mode mode = Objects.requireNonNull(inForce.mode());
		PriorityBulkhead bulkhead = this.bulkheads.computeIfAbsent(settings.nameOf(own),
				(name) -> register(name, new ConcurrencyPolicy(inForce.maxRequests().count(), reserve, property)));
		return new Binding(new ConcurrencyGuard(bulkhead, settings.own().priority(), mode), mode);
	}

	private PriorityBulkhead register(String name, ConcurrencyPolicy policy) {
		PriorityBulkhead bulkhead = new PriorityBulkhead(name, policy);
		this.registry.bulkhead(name, bulkhead.getBulkheadConfig());
		this.registry.replace(name, bulkhead);
		return bulkhead;
	}

}
