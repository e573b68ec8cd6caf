package io.serverhardening.actuate.section;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

import io.serverhardening.actuate.HardeningSection;
import io.serverhardening.internal.call.ApplicationCalls;
import io.serverhardening.internal.time.LoopClock;
import io.serverhardening.internal.time.LoopClocks;
import io.serverhardening.watchdog.Stall;
import io.serverhardening.watchdog.StallWatch;

/**
 * How late the event loops are, what blocks them, and what of the application's has
 * failed when it was called.
 */
public final class WatchdogSection implements HardeningSection {

	private final LoopClocks clocks;

	private final StallWatch stalls;

	private final ApplicationCalls calls;

	/**
	 * Create the section.
	 * @param clocks the clocks of the loops
	 * @param stalls tells what blocks them
	 * @param calls counted what failed
	 */
	public WatchdogSection(LoopClocks clocks, StallWatch stalls, ApplicationCalls calls) {
		this.clocks = clocks;
		this.stalls = stalls;
		this.calls = calls;
	}

	@Override
	public String name() {
		return "watchdog";
	}

	@Override
	public Object describe() {
		Map<String, Object> result = new LinkedHashMap<>();
		Map<String, Object> loops = new LinkedHashMap<>();
		for (LoopClock clock : this.clocks.all()) {
			loops.put(clock.name(), describe(clock));
		}
		result.put("loops", loops);
		result.put("stalls", this.stalls.stalls());
		result.put("blocked", this.stalls.current().stream().map(WatchdogSection::describe).toList());
		result.put("recent", this.stalls.recent().stream().map(WatchdogSection::describe).toList());
		result.put("failures", this.calls.failures());
		return result;
	}

	private static Map<String, Object> describe(LoopClock clock) {
		// The tick that has not come yet is late already.
		long silence = clock.silence();
		long overdue = silence - LoopClock.PERIOD;
		Map<String, Object> loop = new LinkedHashMap<>();
		loop.put("lagMillis", TimeUnit.NANOSECONDS.toMillis(Math.max(clock.lag(), overdue)));
		loop.put("maxLagMillis", TimeUnit.NANOSECONDS.toMillis(Math.max(clock.maxLag(), overdue)));
		loop.put("sinceTickMillis", TimeUnit.NANOSECONDS.toMillis(silence));
		loop.put("suspensions", clock.suspensions());
		loop.put("watched", clock.registered());
		return loop;
	}

	private static Map<String, Object> describe(Stall stall) {
		Map<String, Object> result = new LinkedHashMap<>();
		result.put("loop", stall.loop());
		result.put("blockedMillis", stall.blocked().toMillis());
		result.put("at", stall.at());
		return result;
	}

	/**
	 * Return the loops that are blocked.
	 * @return the names of their threads
	 */
	public List<String> blocked() {
		return this.stalls.current().stream().map(Stall::loop).toList();
	}

}
