package io.serverhardening.actuate.meter;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Supplier;

import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.binder.MeterBinder;
import io.serverhardening.internal.call.Contained;

import org.springframework.aop.framework.AopInfrastructureBean;

/**
 * Meters of what the settings name, which may come and go while the application runs.
 *
 * @param <S> what is measured under a name
 */
abstract class NamedMeters<S> implements MeterBinder, Runnable, AopInfrastructureBean {

	private final Supplier<Map<String, S>> present;

	private final Map<MeterRegistry, Map<String, Bound<S>>> registries = new LinkedHashMap<>();

	NamedMeters(Supplier<Map<String, S>> present) {
		this.present = present;
	}

	@Override
	public final synchronized void bindTo(MeterRegistry registry) {
		refresh(registry, this.registries.computeIfAbsent(registry, (added) -> new HashMap<>()));
	}

	/**
	 * Look which names there are now.
	 */
	@Override
	public final synchronized void run() {
		this.registries.forEach((registry, bound) -> Contained.run("Making meters for the settings in force",
				() -> refresh(registry, bound)));
	}

	private void refresh(MeterRegistry registry, Map<String, Bound<S>> bound) {
		Map<String, S> present = this.present.get();
		Set<Meter> removed = new HashSet<>();
		bound.entrySet().removeIf((entry) -> {
			boolean gone = present.get(entry.getKey()) != entry.getValue().state();
			if (gone) {
				remove(registry, entry.getValue(), removed);
			}
			return gone;
		});
		// A filter of the application may have had several names share a meter.
		while (bound.values().removeIf((other) -> isWithout(other, registry, removed))) {
			// Those may have shared others.
		}
		present.forEach((name, state) -> {
			if (!bound.containsKey(name)) {
				bound.put(name, bind(registry, name, state));
			}
		});
	}

	private static <S> boolean isWithout(Bound<S> bound, MeterRegistry registry, Set<Meter> removed) {
		boolean without = bound.meters().stream().anyMatch(removed::contains);
		if (without) {
			remove(registry, bound, removed);
		}
		return without;
	}

	private static <S> void remove(MeterRegistry registry, Bound<S> bound, Set<Meter> removed) {
		bound.ends().forEach(Runnable::run);
		// Each, whatever a listener of the registry makes of the others.
		bound.meters().forEach((meter) -> Contained.run("Removing a meter", () -> registry.remove(meter)));
		removed.addAll(bound.meters());
	}

	// All of them or none: who looks again tries again.
	private Bound<S> bind(MeterRegistry registry, String name, S state) {
		Bound<S> bound = new Bound<>(state, new ArrayList<>(), new ArrayList<>());
		try {
			bind(new Register(registry, bound.meters(), bound.ends()), name, state);
			return bound;
		}
		catch (RuntimeException | Error ex) {
			remove(registry, bound, new HashSet<>());
			throw ex;
		}
	}

	/**
	 * Make the meters of a name.
	 * @param register where they are made
	 * @param name the name
	 * @param state what they show
	 */
	abstract void bind(Register register, String name, S state);

	/**
	 * Has meters made, and remembers them.
	 *
	 * @param registry where they are made
	 * @param meters those that were made
	 * @param ends what is done when they go
	 */
	record Register(MeterRegistry registry, List<Meter> meters, List<Runnable> ends) {

		<M extends Meter> M add(M meter) {
			this.meters.add(meter);
			return meter;
		}

	}

	private record Bound<S>(S state, List<Meter> meters, List<Runnable> ends) {

	}

}
