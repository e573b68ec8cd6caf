package io.serverhardening.actuate.meter;

import java.util.Map;
import java.util.function.Supplier;
import java.util.function.ToDoubleFunction;

import io.micrometer.core.instrument.FunctionCounter;
import io.serverhardening.RejectionReason;
import io.serverhardening.webhook.WebhookActivity;

/**
 * What becomes of pushes.
 */
public final class PushMeters extends NamedMeters<WebhookActivity> {

	private static final RejectionReason[] REASONS = { RejectionReason.SIGNATURE_INVALID, RejectionReason.FORBIDDEN,
			RejectionReason.MESSAGE_INVALID, RejectionReason.BODY_TOO_LARGE, RejectionReason.STORE_UNAVAILABLE };

	/**
	 * Create the meters.
	 * @param pushes what has become of pushes, by the id of their source
	 */
	public PushMeters(Supplier<Map<String, WebhookActivity>> pushes) {
		super(pushes);
	}

	@Override
	void bind(Register register, String source, WebhookActivity activity) {
		count(register, source, "accepted", activity, WebhookActivity::acceptedCount);
		count(register, source, "proved", activity, WebhookActivity::provedCount);
		for (RejectionReason reason : REASONS) {
			count(register, source, reason.code(), activity, (each) -> each.refusedCount(reason));
		}
	}

	private static void count(Register register, String source, String outcome, WebhookActivity activity,
			ToDoubleFunction<WebhookActivity> value) {
		register.add(FunctionCounter.builder(HardeningMeter.WEBHOOK_PUSHES.meterName(), activity, value)
			.description(HardeningMeter.WEBHOOK_PUSHES.description())
			.tags("source", source, "outcome", outcome)
			.register(register.registry()));
	}

}
