package io.serverhardening.actuate.meter;

import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.ToDoubleFunction;

import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.FunctionTimer;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.binder.MeterBinder;
import io.serverhardening.RejectionReason;
import io.serverhardening.deduplication.DeduplicationEvent;
import io.serverhardening.deduplication.DeduplicationState;
import io.serverhardening.deduplication.access.RemoteRecords;
import io.serverhardening.deduplication.record.StepTimes;
import io.serverhardening.webhook.WebhookActivity;

/**
 * What becomes of pushes and of messages.
 */
public final class MessageMeters implements MeterBinder {

	private static final RejectionReason[] REASONS = { RejectionReason.SIGNATURE_INVALID, RejectionReason.FORBIDDEN,
			RejectionReason.MESSAGE_INVALID, RejectionReason.BODY_TOO_LARGE, RejectionReason.STORE_UNAVAILABLE };

	private final Map<String, DeduplicationState> messages;

	private final Map<String, WebhookActivity> pushes;

	/**
	 * Create the meters.
	 * @param messages what is kept for each route, by its id
	 * @param pushes what has become of pushes, by the id of their source
	 */
	public MessageMeters(Map<String, DeduplicationState> messages, Map<String, WebhookActivity> pushes) {
		this.messages = messages;
		this.pushes = pushes;
	}

	@Override
	public void bindTo(MeterRegistry registry) {
		this.messages.forEach((route, state) -> bind(registry, route, state));
		this.pushes.forEach((source, activity) -> bind(registry, source, activity));
	}

	private static void bind(MeterRegistry registry, String route, DeduplicationState state) {
		for (DeduplicationEvent event : DeduplicationEvent.values()) {
			FunctionCounter
				.builder(HardeningMeter.DEDUPLICATION_EVENTS.meterName(), state, (each) -> each.activity().total(event))
				.description(HardeningMeter.DEDUPLICATION_EVENTS.description())
				.tags("route", route, "event", event.code())
				.register(registry);
		}
		gauge(registry, HardeningMeter.DEDUPLICATION_RUNNING, route, state, DeduplicationState::running);
		gauge(registry, HardeningMeter.DEDUPLICATION_WAITING, route, state, DeduplicationState::waiting);
		gauge(registry, HardeningMeter.DEDUPLICATION_RECORDS, route, state, (each) -> each.records().local().size());
		if (state.records() instanceof RemoteRecords remote) {
			StepTimes times = remote.times();
			FunctionTimer
				.builder(HardeningMeter.DEDUPLICATION_STORE.meterName(), times, StepTimes::count, StepTimes::totalNanos,
						TimeUnit.NANOSECONDS)
				.description(HardeningMeter.DEDUPLICATION_STORE.description())
				.tag("route", route)
				.register(registry);
			FunctionCounter.builder(HardeningMeter.DEDUPLICATION_STORE_FAILURES.meterName(), times, StepTimes::failures)
				.description(HardeningMeter.DEDUPLICATION_STORE_FAILURES.description())
				.tag("route", route)
				.register(registry);
			gauge(registry, HardeningMeter.DEDUPLICATION_STORE_UP, route, state,
					(each) -> remote.gate().isOpen() ? 1 : 0);
		}
	}

	private static void gauge(MeterRegistry registry, HardeningMeter meter, String route, DeduplicationState state,
			ToDoubleFunction<DeduplicationState> value) {
		Gauge.builder(meter.meterName(), state, value)
			.description(meter.description())
			.tag("route", route)
			.register(registry);
	}

	private static void bind(MeterRegistry registry, String source, WebhookActivity activity) {
		count(registry, source, "accepted", activity, WebhookActivity::acceptedCount);
		count(registry, source, "proved", activity, WebhookActivity::provedCount);
		for (RejectionReason reason : REASONS) {
			count(registry, source, reason.code(), activity, (each) -> each.refusedCount(reason));
		}
	}

	private static void count(MeterRegistry registry, String source, String outcome, WebhookActivity activity,
			ToDoubleFunction<WebhookActivity> value) {
		FunctionCounter.builder(HardeningMeter.WEBHOOK_PUSHES.meterName(), activity, value)
			.description(HardeningMeter.WEBHOOK_PUSHES.description())
			.tags("source", source, "outcome", outcome)
			.register(registry);
	}

}
