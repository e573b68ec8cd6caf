package io.serverhardening.actuate;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;

import io.serverhardening.internal.LoopClock;
import io.serverhardening.internal.LoopClocks;

/**
 * How late the event loops are.
 */
public final class WatchdogSection implements HardeningSection {

	private final LoopClocks clocks;

	/**
	 * Create the section.
	 * @param clocks the clocks of the loops
	 */
	public WatchdogSection(LoopClocks clocks) {
		this.clocks = clocks;
	}

	@Override
	public String name() {
		return "watchdog";
	}

	@Override
	public Object describe() {
		Map<String, Object> loops = new LinkedHashMap<>();
		for (LoopClock clock : this.clocks.all()) {
			Map<String, Object> loop = new LinkedHashMap<>();
			loop.put("lagMillis", TimeUnit.NANOSECONDS.toMillis(clock.lag()));
			loop.put("maxLagMillis", TimeUnit.NANOSECONDS.toMillis(clock.maxLag()));
			loop.put("suspensions", clock.suspensions());
			loop.put("watched", clock.registered());
			loops.put(clock.name(), loop);
		}
		return Map.of("loops", loops);
	}

}
