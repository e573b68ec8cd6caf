package io.serverhardening.actuate;

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;

import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import io.serverhardening.internal.LoopClock;

/**
 * Records how late the event loops are. There are as many timers as there are loops.
 */
public final class LoopMeters implements LoopClock.LagListener {

	private final Map<LoopClock, Timer> timers = new ConcurrentHashMap<>();

	private final MeterRegistry registry;

	/**
	 * Create the meters.
	 * @param registry where to record
	 */
	public LoopMeters(MeterRegistry registry) {
		this.registry = registry;
	}

	@Override
	public void onTick(LoopClock clock, long late) {
		Timer timer = this.timers.get(clock);
		if (timer == null) {
			timer = this.timers.computeIfAbsent(clock, this::register);
		}
		timer.record(late, TimeUnit.NANOSECONDS);
	}

	private Timer register(LoopClock clock) {
		return Timer.builder(HardeningMeter.LOOP_LAG.meterName())
			.description(HardeningMeter.LOOP_LAG.description())
			.tag("loop", clock.name())
			.register(this.registry);
	}

}
