package io.serverhardening.actuate;

/**
 * Every meter of the starter, with its tags. No tag takes its values from a request.
 */
public enum HardeningMeter {

	/**
	 * Requests refused, or that would have been: {@code guard}, {@code route},
	 * {@code reason}, {@code outcome} ({@code refused} or {@code observed}).
	 */
	REJECTIONS("server.hardening.rejections", "Requests refused by a guard, or that would have been"),

	/**
	 * Requests that have ended: {@code route}, {@code outcome} ({@code completed},
	 * {@code failed}, {@code timed-out}, {@code cancelled} or {@code refused}).
	 */
	REQUESTS("server.hardening.requests", "Requests that have ended, by how they ended"),

	/**
	 * Requests being handled: {@code route}.
	 */
	REQUESTS_ACTIVE("server.hardening.requests.active", "Requests being handled"),

	/**
	 * Forwarding headers that were not believed: {@code reason} ({@code untrusted} or
	 * {@code contradictory}).
	 */
	FORWARDED_IGNORED("server.hardening.client.forwarded.ignored", "Forwarding headers that were not believed");

	private final String meterName;

	private final String description;

	HardeningMeter(String meterName, String description) {
		this.meterName = meterName;
		this.description = description;
	}

	/**
	 * Return the name of the meter.
	 * @return lowercase words joined by dots
	 */
	public String meterName() {
		return this.meterName;
	}

	/**
	 * Return what the meter counts.
	 * @return one line
	 */
	public String description() {
		return this.description;
	}

}
