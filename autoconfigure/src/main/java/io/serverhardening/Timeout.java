package io.serverhardening;

import java.time.Duration;
import java.time.temporal.ChronoUnit;
import java.util.Locale;
import java.util.regex.Pattern;

import org.jspecify.annotations.Nullable;

import org.springframework.format.datetime.standard.DurationFormatterUtils;

/**
 * A time after which something ends, or {@code none}. Never zero or negative: numbers do
 * not switch features off.
 */
public final class Timeout {

	/**
	 * No limit.
	 */
	public static final Timeout NONE = new Timeout(null);

	private static final Pattern BARE_NUMBER = Pattern.compile("[+-]?\\d+");

	private static final ChronoUnit[] UNITS = { ChronoUnit.HOURS, ChronoUnit.MINUTES, ChronoUnit.SECONDS,
			ChronoUnit.MILLIS, ChronoUnit.MICROS };

	private static final String[] SUFFIXES = { "h", "m", "s", "ms", "us" };

	private final @Nullable Duration duration;

	private Timeout(@Nullable Duration duration) {
		this.duration = duration;
	}

	/**
	 * Read a timeout as users write it.
	 * @param text {@code none}, or a time with its unit such as {@code 500ms},
	 * {@code 30s}, {@code 2m} or {@code PT30S}
	 * @return the timeout
	 * @throws IllegalArgumentException if it is something else, zero or negative; the
	 * message says what is expected
	 */
	public static Timeout of(String text) {
		String value = text.trim();
		if (value.equalsIgnoreCase("none")) {
			return NONE;
		}
		if (BARE_NUMBER.matcher(value).matches()) {
			throw new IllegalArgumentException("needs a unit, such as " + value + "s or " + value + "ms");
		}
		return of(parse(value));
	}

	/**
	 * Create a timeout.
	 * @param duration a positive time
	 * @return the timeout
	 * @throws IllegalArgumentException if the time is zero or negative
	 */
	public static Timeout of(Duration duration) {
		if (duration.isZero() || duration.isNegative()) {
			throw new IllegalArgumentException("must be positive; write none for no limit");
		}
		return new Timeout(duration);
	}

	private static Duration parse(String value) {
		try {
			return DurationFormatterUtils.detectAndParse(value.toLowerCase(Locale.ROOT).startsWith("p")
					? value.toUpperCase(Locale.ROOT) : value.toLowerCase(Locale.ROOT));
		}
		catch (IllegalArgumentException | ArithmeticException ex) {
			throw new IllegalArgumentException("must be a time with its unit, such as 500ms, 30s or 2m, or none", ex);
		}
	}

	/**
	 * Return the time.
	 * @return the time, or {@code null} for no limit
	 */
	public @Nullable Duration duration() {
		return this.duration;
	}

	/**
	 * Whether there is no limit.
	 * @return {@code true} for {@code none}
	 */
	public boolean isNone() {
		return this.duration == null;
	}

	@Override
	public boolean equals(@Nullable Object other) {
		return other instanceof Timeout timeout
				&& ((this.duration != null) ? this.duration.equals(timeout.duration) : timeout.duration == null);
	}

	@Override
	public int hashCode() {
		return (this.duration != null) ? this.duration.hashCode() : 0;
	}

	/**
	 * Return the timeout as users write it, in the largest unit that needs no fraction.
	 */
	@Override
	public String toString() {
		Duration duration = this.duration;
		if (duration == null) {
			return "none";
		}
		for (int i = 0; i < UNITS.length; i++) {
			Duration unit = UNITS[i].getDuration();
			long count = duration.dividedBy(unit);
			if (unit.multipliedBy(count).equals(duration)) {
				return count + SUFFIXES[i];
			}
		}
		return duration.toString();
	}

}
