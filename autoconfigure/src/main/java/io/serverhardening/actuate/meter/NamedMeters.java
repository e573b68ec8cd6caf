package io.serverhardening.actuate.meter;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;

import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.binder.MeterBinder;
import io.serverhardening.internal.call.Contained;

/**
 * Meters of what the settings name, which may come and go while the application runs.
 *
 * @param <S> what is measured under a name
 */
abstract class NamedMeters<S> implements MeterBinder, Runnable {

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
		bound.entrySet().removeIf((entry) -> {
			boolean gone = present.get(entry.getKey()) != entry.getValue().state();
			if (gone) {
				entry.getValue().meters().forEach(registry::remove);
			}
			return gone;
		});
		present.forEach((name, state) -> {
			if (!bound.containsKey(name)) {
				bound.put(name, new Bound<>(state, bind(registry, name, state)));
			}
		});
	}

	// All of them or none: who looks again tries again.
	private List<Meter> bind(MeterRegistry registry, String name, S state) {
		List<Meter> meters = new ArrayList<>();
		try {
			bind(new Register(registry, meters), name, state);
			return meters;
		}
		catch (RuntimeException ex) {
			meters.forEach(registry::remove);
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
	 */
	record Register(MeterRegistry registry, List<Meter> meters) {

		<M extends Meter> M add(M meter) {
			this.meters.add(meter);
			return meter;
		}

	}

	private record Bound<S>(S state, List<Meter> meters) {

	}

}
