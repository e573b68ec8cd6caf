package io.serverhardening.autoconfigure.route;

import java.time.Duration;

import io.serverhardening.Timeout;
import io.serverhardening.autoconfigure.diagnostics.InvalidSettingException;
import io.serverhardening.autoconfigure.resolution.Resolution;
import io.serverhardening.autoconfigure.settings.HardeningProperties;
import io.serverhardening.internal.time.LoopClock;
import io.serverhardening.request.RequestPolicy;
import io.serverhardening.response.pace.WritePolicy;

/**
 * Makes of the settings what bodies and their clocks go by: how a request arrives, and
 * how its response is taken.
 */
public final class TransferPolicies {

	private static final Duration TICK = Duration.ofNanos(LoopClock.PERIOD);

	private TransferPolicies() {
	}

	static RequestPolicy request(HardeningProperties.Request inForce, String property) {
		return new RequestPolicy(inForce.bodyTimeout(), inForce.minRate(), grace(property, inForce.rateGrace()),
				inForce.maxBodySize(), property);
	}

	static WritePolicy write(HardeningProperties.Response inForce, String property) {
		return new WritePolicy(inForce.writeTimeout(), inForce.minRate(), grace(property, inForce.rateGrace()));
	}

	/**
	 * Return what applies to requests that no route's guard sees.
	 * @param resolution the settings
	 * @return the limits of the top
	 */
	public static RequestPolicy topRequest(Resolution resolution) {
		return request(resolution.everywhere().request(), HardeningProperties.PREFIX + ".request");
	}

	/**
	 * Return what applies to the responses of requests that no route's guard sees.
	 * @param resolution the settings
	 * @return the limits of the top
	 */
	public static WritePolicy topWrite(Resolution resolution) {
		return write(resolution.everywhere().response(), HardeningProperties.PREFIX + ".response");
	}

	private static Duration grace(String property, Timeout grace) {
		Duration duration = grace.duration();
		if (duration == null) {
			throw new InvalidSettingException(property + ".rate-grace", grace,
					"must be a time; to have no rate, set " + property + ".min-rate to none");
		}
		if (duration.compareTo(TICK) <= 0) {
			throw new InvalidSettingException(property + ".rate-grace", grace, "must be longer than " + TICK.toMillis()
					+ "ms, because an event loop looks at its clocks only that often");
		}
		return duration;
	}

}
