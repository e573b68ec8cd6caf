package io.serverhardening.connection.registry;

import java.util.EnumMap;
import java.util.Map;
import java.util.concurrent.atomic.LongAdder;

/**
 * A counter for each constant of an enum.
 *
 * @param <E> the enum
 */
final class Counters<E extends Enum<E>> {

	private final Map<E, LongAdder> counters;

	Counters(Class<E> type) {
		this.counters = new EnumMap<>(type);
		for (E constant : type.getEnumConstants()) {
			this.counters.put(constant, new LongAdder());
		}
	}

	void increment(E constant) {
		LongAdder counter = this.counters.get(constant);
		if (counter != null) {
			counter.increment();
		}
	}

	long sum(E constant) {
		LongAdder counter = this.counters.get(constant);
		return (counter != null) ? counter.sum() : 0;
	}

}
