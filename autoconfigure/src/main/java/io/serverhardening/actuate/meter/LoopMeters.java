package io.serverhardening.actuate.meter;

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;

import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import io.micrometer.core.instrument.binder.MeterBinder;
import io.serverhardening.internal.time.LoopClock;
import io.serverhardening.internal.time.LoopClocks;

import org.springframework.aop.framework.AopInfrastructureBean;

/**
 * Records how late the event loops are. There are as many timers as there are loops.
 */
public final class LoopMeters implements MeterBinder, AopInfrastructureBean {

	private final LoopClocks clocks;

	/**
	 * Create the meters.
	 * @param clocks the clocks of the loops
	 */
	public LoopMeters(LoopClocks clocks) {
		this.clocks = clocks;
	}

	@Override
	public void bindTo(MeterRegistry registry) {
		Map<LoopClock, Timer> timers = new ConcurrentHashMap<>();
		this.clocks.listen((clock, late) -> {
			Timer timer = timers.get(clock);
			if (timer == null) {
				timer = timers.computeIfAbsent(clock, (key) -> register(key, registry));
			}
			timer.record(late, TimeUnit.NANOSECONDS);
		});
	}

	private static Timer register(LoopClock clock, MeterRegistry registry) {
		return Timer.builder(HardeningMeter.LOOP_LAG.meterName())
			.description(HardeningMeter.LOOP_LAG.description())
			.tag("loop", clock.name())
			.register(registry);
	}

}
