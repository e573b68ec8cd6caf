package io.serverhardening.actuate.meter;

import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import java.util.function.ToDoubleFunction;

import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.FunctionTimer;
import io.micrometer.core.instrument.Gauge;
import io.serverhardening.deduplication.DeduplicationEvent;
import io.serverhardening.deduplication.DeduplicationState;
import io.serverhardening.deduplication.access.RemoteRecords;
import io.serverhardening.deduplication.record.StepTimes;

/**
 * What becomes of messages.
 */
public final class MessageMeters extends NamedMeters<DeduplicationState> {

	/**
	 * Create the meters.
	 * @param messages what is kept for each route, by its id
	 */
	public MessageMeters(Supplier<Map<String, DeduplicationState>> messages) {
		super(messages);
	}

	@Override
	void bind(Register register, String route, DeduplicationState state) {
		for (DeduplicationEvent event : DeduplicationEvent.values()) {
			register.add(FunctionCounter
				.builder(HardeningMeter.DEDUPLICATION_EVENTS.meterName(), state, (each) -> each.activity().total(event))
				.description(HardeningMeter.DEDUPLICATION_EVENTS.description())
				.tags("route", route, "event", event.code())
				.register(register.registry()));
		}
		gauge(register, HardeningMeter.DEDUPLICATION_RUNNING, route, state, DeduplicationState::running);
		gauge(register, HardeningMeter.DEDUPLICATION_WAITING, route, state, DeduplicationState::waiting);
		gauge(register, HardeningMeter.DEDUPLICATION_RECORDS, route, state, (each) -> each.records().local().size());
		if (state.records() instanceof RemoteRecords remote) {
			StepTimes times = remote.times();
			register.add(FunctionTimer
				.builder(HardeningMeter.DEDUPLICATION_STORE.meterName(), times, StepTimes::count, StepTimes::totalNanos,
						TimeUnit.NANOSECONDS)
				.description(HardeningMeter.DEDUPLICATION_STORE.description())
				.tag("route", route)
				.register(register.registry()));
			register.add(FunctionCounter
				.builder(HardeningMeter.DEDUPLICATION_STORE_FAILURES.meterName(), times, StepTimes::failures)
				.description(HardeningMeter.DEDUPLICATION_STORE_FAILURES.description())
				.tag("route", route)
				.register(register.registry()));
			gauge(register, HardeningMeter.DEDUPLICATION_STORE_UP, route, state,
					(each) -> remote.gate().isOpen() ? 1 : 0);
		}
	}

	private static void gauge(Register register, HardeningMeter meter, String route, DeduplicationState state,
			ToDoubleFunction<DeduplicationState> value) {
		register.add(Gauge.builder(meter.meterName(), state, value)
			.description(meter.description())
			.tag("route", route)
			.register(register.registry()));
	}

}
