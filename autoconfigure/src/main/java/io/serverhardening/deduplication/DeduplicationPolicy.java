package io.serverhardening.deduplication;

import java.time.Duration;
import java.util.List;

import io.serverhardening.Stage;
import io.serverhardening.deduplication.record.ClaimTerms;
import io.serverhardening.internal.message.SenderProfile;
import org.jspecify.annotations.Nullable;

/**
 * How the messages of a route are deduplicated.
 *
 * @param key what makes two requests copies, as it is written in the settings
 * @param terms for how long claims and records last
 * @param runTimeout how long a handler may run, whoever has left
 * @param maxRuns how many handlers may run at once
 * @param maxBodySize how large a body may be
 * @param onBusy what becomes of a copy that comes while the first is being handled
 * @param sender who sends
 * @param stage where in the life of a request they are looked up
 * @param replayHeaders headers that copies get besides the usual ones
 * @param source the id of the webhook that verifies the sender, {@code null} for none
 * @param propertyPrefix where the route is configured
 */
public record DeduplicationPolicy(String key, ClaimTerms terms, Duration runTimeout, int maxRuns, int maxBodySize,
		OnBusy onBusy, SenderProfile sender, Stage stage, List<String> replayHeaders, @Nullable String source,
		String propertyPrefix) {

	/**
	 * Whether the route follows the draft on the Idempotency-Key header: it is required,
	 * belongs to one payload, and replays say that they are.
	 * @return {@code true} for {@code key: header:Idempotency-Key}
	 */
	public boolean isIdempotencyKey() {
		// A sender of webhooks follows no such draft, and seldom signs the header.
		return this.source == null && this.key.equalsIgnoreCase("header:Idempotency-Key");
	}

	/**
	 * Whether the sender is verified.
	 * @return {@code true} where a webhook does that
	 */
	public boolean webhook() {
		return this.source != null;
	}

}
