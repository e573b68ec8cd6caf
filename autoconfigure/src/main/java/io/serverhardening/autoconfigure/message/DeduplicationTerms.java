package io.serverhardening.autoconfigure.message;

import java.time.Duration;
import java.util.Objects;

import io.serverhardening.Timeout;
import io.serverhardening.autoconfigure.diagnostics.InvalidSettingException;
import io.serverhardening.autoconfigure.resolution.RouteSettings;
import io.serverhardening.autoconfigure.settings.DeduplicationProperties;
import io.serverhardening.deduplication.record.ClaimTerms;
import io.serverhardening.internal.message.SenderProfile;
import org.jspecify.annotations.Nullable;

/**
 * For how long the messages of a route are claimed, run and remembered.
 *
 * @param claims for how long claims and records last
 * @param runTimeout how long a handler may run, whether anyone waits for it or not
 */
record DeduplicationTerms(ClaimTerms claims, Duration runTimeout) {

	static final Duration LEASE_MARGIN = Duration.ofSeconds(2);

	private static final Duration DEFAULT_TTL = Duration.ofMinutes(10);

	/**
	 * Find out the terms of a route.
	 * @param settings what the route says
	 * @param own what it says of deduplication
	 * @param sender who sends to it
	 * @param tolerance how old a push may be, {@code null} for any age
	 * @param property the prefix of its properties
	 * @return the terms
	 * @throws InvalidSettingException if they contradict each other
	 */
	static DeduplicationTerms of(RouteSettings settings, DeduplicationProperties own, SenderProfile sender,
			@Nullable Duration tolerance, String property) {
		Duration responseTimeout = settings.inForce().response().timeout().duration();
		Duration runTimeout = runTimeout(own, responseTimeout, property);
		return new DeduplicationTerms(ClaimTerms.of(settings.route().id(), lease(own, responseTimeout, property),
				ttl(own, runTimeout, sender, tolerance, property),
				own.maxAttempts().isNone() ? 0 : own.maxAttempts().count()), runTimeout);
	}

	static Duration required(Timeout timeout, String property) {
		Duration duration = timeout.duration();
		if (duration == null) {
			throw new InvalidSettingException(property, timeout, "must be a time with its unit, and cannot be none");
		}
		return duration;
	}

	private static Duration runTimeout(DeduplicationProperties own, @Nullable Duration responseTimeout,
			String property) {
		if (own.runTimeout() == null && responseTimeout == null) {
			throw new InvalidSettingException(property + ".run-timeout", null,
					"is required where response.timeout is none: no other setting ends the handler");
		}
		Duration runTimeout = (own.runTimeout() != null) ? required(own.runTimeout(), property + ".run-timeout")
				: Objects.requireNonNull(responseTimeout).multipliedBy(3);
		if (responseTimeout != null && runTimeout.compareTo(responseTimeout) < 0) {
			throw new InvalidSettingException(property + ".run-timeout", own.runTimeout(),
					"must not be shorter than response.timeout (" + Timeout.of(responseTimeout)
							+ "): otherwise handlers are stopped while their clients still wait");
		}
		return runTimeout;
	}

	private static Duration lease(DeduplicationProperties own, @Nullable Duration responseTimeout, String property) {
		if (own.lease() != null) {
			Duration lease = required(own.lease(), property + ".lease");
			if (lease.compareTo(Duration.ofSeconds(1)) < 0) {
				throw new InvalidSettingException(property + ".lease", own.lease(),
						"must be 1s at least: it is renewed after a third, and the process may pause as long");
			}
			return lease;
		}
		return (responseTimeout != null) ? responseTimeout.plus(LEASE_MARGIN) : Duration.ofSeconds(32);
	}

	private static Duration longest(Duration first, @Nullable Duration... others) {
		Duration longest = first;
		for (Duration other : others) {
			if (other != null && other.compareTo(longest) > 0) {
				longest = other;
			}
		}
		return longest;
	}

	private static Duration ttl(DeduplicationProperties own, Duration runTimeout, SenderProfile sender,
			@Nullable Duration believed, String property) {
		Duration retries = sender.retryPeriod();
		Duration ttl = (own.ttl() != null) ? required(own.ttl(), property + ".ttl")
				: longest(DEFAULT_TTL, sender.ttl(), (retries != null) ? retries.multipliedBy(2) : null,
						(believed != null) ? believed.multipliedBy(2) : null);
		if (retries != null && ttl.compareTo(retries.multipliedBy(2)) < 0) {
			throw new InvalidSettingException(property + ".ttl", Timeout.of(ttl), "must be at least twice the "
					+ Timeout.of(retries) + " for which the sender tries again: otherwise its last copy runs again");
		}
		if (believed != null && ttl.compareTo(believed.multipliedBy(2)) < 0) {
			throw new InvalidSettingException(property + ".ttl", Timeout.of(ttl),
					"must be at least twice the webhook's tolerance (" + Timeout.of(believed)
							+ "): otherwise a captured push is still believed when its record has expired");
		}
		if (ttl.compareTo(runTimeout) <= 0) {
			throw new InvalidSettingException(property + ".ttl", Timeout.of(ttl), "must exceed run-timeout ("
					+ Timeout.of(runTimeout) + "): otherwise a copy may come after the record has expired");
		}
		return ttl;
	}

}
