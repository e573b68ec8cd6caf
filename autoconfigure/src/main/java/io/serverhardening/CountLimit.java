package io.serverhardening;

import java.util.regex.Pattern;

import org.jspecify.annotations.Nullable;

/**
 * How many of something there may be, or {@code none}. Never zero or negative: numbers do
 * not switch features off.
 */
public final class CountLimit {

	/**
	 * No limit.
	 */
	public static final CountLimit NONE = new CountLimit(Integer.MAX_VALUE);

	private static final Pattern NUMBER = Pattern.compile("[+-]?\\d{1,18}");

	private final int count;

	private CountLimit(int count) {
		this.count = count;
	}

	/**
	 * Read a limit as users write it.
	 * @param text {@code none}, or a whole number
	 * @return the limit
	 * @throws IllegalArgumentException if it is something else, zero or negative; the
	 * message says what is expected
	 */
	public static CountLimit of(String text) {
		String value = text.trim();
		if (value.equalsIgnoreCase("none")) {
			return NONE;
		}
		if (!NUMBER.matcher(value).matches()) {
			throw new IllegalArgumentException("must be a whole number, or none");
		}
		return of(Long.parseLong(value));
	}

	/**
	 * Create a limit.
	 * @param count a positive number
	 * @return the limit
	 * @throws IllegalArgumentException if the number is zero, negative or beyond
	 * {@link Integer#MAX_VALUE}
	 */
	public static CountLimit of(long count) {
		if (count <= 0) {
			throw new IllegalArgumentException("must be positive; write none for no limit");
		}
		if (count >= Integer.MAX_VALUE) {
			throw new IllegalArgumentException("must be below " + Integer.MAX_VALUE + "; write none for no limit");
		}
		return new CountLimit((int) count);
	}

	/**
	 * Return the limit as a number to compare with.
	 * @return the limit, {@link Integer#MAX_VALUE} for none
	 */
	public int count() {
		return this.count;
	}

	/**
	 * Whether there is no limit.
	 * @return {@code true} for {@code none}
	 */
	public boolean isNone() {
		return this.count == Integer.MAX_VALUE;
	}

	@Override
	public boolean equals(@Nullable Object other) {
		return other instanceof CountLimit limit && this.count == limit.count;
	}

	@Override
	public int hashCode() {
		return this.count;
	}

	@Override
	public String toString() {
		return isNone() ? "none" : Integer.toString(this.count);
	}

}
