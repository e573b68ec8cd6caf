package io.serverhardening;

import java.time.Duration;

import org.jspecify.annotations.Nullable;

/**
 * Knows how a sender of webhooks proves that a push is its own. Declare a bean of this
 * type and name it in {@code server.hardening.webhook.<id>.sender}.
 *
 * <pre class="code">
 * &#64;Bean
 * WebhookSender courier(CourierKeys keys) {
 *     return (push) -&gt; keys.fit(push.header("X-Courier-Signature"), push.body())
 *             ? WebhookVerdict.genuine("", push.body())
 *             : WebhookVerdict.refused("The signature is wrong.");
 * }
 * </pre>
 *
 * What it throws is an error of the application, answered with 500, and lets no push
 * through; neither does {@code null}, which is a refusal. How the sender behaves is asked
 * once, at start.
 */
@FunctionalInterface
public interface WebhookSender {

	/**
	 * Verify a push. Runs on an event loop, and must not block it. Compare secrets with
	 * {@link java.security.MessageDigest#isEqual}, which takes as long for any.
	 * @param push what came
	 * @return what there is to say of it, {@code null} to refuse it
	 */
	@Nullable WebhookVerdict verify(WebhookPush push);

	/**
	 * Return for how long the sender waits for an answer. Routes that name it have to be
	 * quicker, or the start fails.
	 * @return push → it gives up, {@code null} where nobody says
	 */
	default @Nullable Duration timeout() {
		return null;
	}

	/**
	 * Return how often the sender tries in all. Shown on Actuator.
	 * @return the attempts, zero where nobody says
	 */
	default int attempts() {
		return 0;
	}

	/**
	 * Return for how long the sender tries again. Routes that deduplicate its messages
	 * remember them for twice as long at least, or the start fails.
	 * @return first attempt → last attempt, {@code null} where nobody says
	 */
	default @Nullable Duration retryPeriod() {
		return null;
	}

	/**
	 * Return the body that ends the sender's attempts where the handler has no answer for
	 * it; sent with 200, as JSON where it begins with a brace and as text otherwise.
	 * @return the body, empty by default
	 */
	default String acknowledgement() {
		return "";
	}

}
