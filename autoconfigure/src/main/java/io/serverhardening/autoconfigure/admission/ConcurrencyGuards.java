package io.serverhardening.autoconfigure.admission;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;

import io.github.resilience4j.bulkhead.BulkheadRegistry;
import io.serverhardening.Mode;
import io.serverhardening.Percentage;
import io.serverhardening.autoconfigure.diagnostics.InvalidSettingException;
import io.serverhardening.autoconfigure.resolution.Resolution;
import io.serverhardening.autoconfigure.resolution.RouteSettings;
import io.serverhardening.autoconfigure.route.GuardFactory;
import io.serverhardening.autoconfigure.route.GuardFactory.Draft;
import io.serverhardening.autoconfigure.route.KeptStates;
import io.serverhardening.autoconfigure.settings.HardeningProperties;
import io.serverhardening.concurrency.ConcurrencyGuard;
import io.serverhardening.concurrency.ConcurrencyLimit;
import io.serverhardening.concurrency.ConcurrencyPolicy;
import io.serverhardening.concurrency.PriorityBulkhead;
import io.serverhardening.internal.call.Contained;
import io.serverhardening.route.RoutePolicy.Binding;
import org.jspecify.annotations.Nullable;

/**
 * Makes limits on requests in flight.
 */
public final class ConcurrencyGuards implements GuardFactory {

	private static final int LARGEST_RESERVE = 50;

	private final BulkheadRegistry registry = BulkheadRegistry.ofDefaults();

	private final KeptStates<PriorityBulkhead> bulkheads = new KeptStates<>((bulkhead) -> bulkhead.inFlight() > 0,
			(forgotten) -> {
			});

	@Override
	public String group() {
		return ConcurrencyGuard.NAME;
	}

	/**
	 * Return where the caps on requests in flight are registered.
	 * @return the registry
	 */
	public BulkheadRegistry registry() {
		return this.registry;
	}

	@Override
	public Draft draft(Resolution resolution) {
		return new ConcurrencyDraft();
	}

	private void register(String name, PriorityBulkhead bulkhead) {
		Contained.run("Adding a bulkhead to Resilience4j's registry", () -> {
			this.registry.bulkhead(name, bulkhead.getBulkheadConfig());
			this.registry.replace(name, bulkhead);
		});
	}

	/**
	 * Places in the making.
	 */
	private final class ConcurrencyDraft implements Draft {

		private final Map<String, PriorityBulkhead> places = new LinkedHashMap<>();

		private final Map<String, ConcurrencyLimit> limits = new LinkedHashMap<>();

		@Override
		public @Nullable Binding guard(RouteSettings settings) {
			HardeningProperties.Concurrency inForce = settings.inForce().concurrency();
			if (!inForce.enabled() || inForce.maxRequests().isNone()) {
				return null;
			}
			boolean own = settings.own().concurrency().isSet();
			String name = settings.nameOf(own);
			String property = settings.propertyOf(own, group());
			Percentage reserve = inForce.reserve();
			if (reserve.percent() > LARGEST_RESERVE) {
				throw new InvalidSettingException(property + ".reserve", reserve,
						"must not be more than 50%: places reserved for some routes are taken from all others");
			}
			Mode mode = Objects.requireNonNull(inForce.mode());
			ConcurrencyLimit limit = this.limits.computeIfAbsent(name, (key) -> new ConcurrencyLimit(
					new ConcurrencyPolicy(inForce.maxRequests().count(), reserve, property)));
			PriorityBulkhead bulkhead = this.places.computeIfAbsent(name,
					(key) -> ConcurrencyGuards.this.bulkheads.get(key, (made) -> new PriorityBulkhead(made, limit)));
			return new Binding(new ConcurrencyGuard(bulkhead, limit, settings.own().priority(), mode), mode);
		}

		@Override
		public void commit() {
			this.places.forEach((name, bulkhead) -> bulkhead.apply(Objects.requireNonNull(this.limits.get(name))));
			ConcurrencyGuards.this.bulkheads.keep(this.places, ConcurrencyGuards.this::register,
					(name, gone) -> Contained.run("Removing a bulkhead from Resilience4j's registry",
							() -> ConcurrencyGuards.this.registry.remove(name)));
		}

	}

}
