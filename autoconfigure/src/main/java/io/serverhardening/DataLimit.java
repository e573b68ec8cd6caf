package io.serverhardening;

import java.util.Locale;
import java.util.regex.Pattern;

import org.jspecify.annotations.Nullable;

import org.springframework.util.unit.DataSize;

/**
 * An amount of data, in all or in each second as its property says, or {@code none}.
 * Never zero or negative: numbers do not switch features off.
 */
public final class DataLimit {

	/**
	 * No limit.
	 */
	public static final DataLimit NONE = new DataLimit(Long.MAX_VALUE);

	private static final Pattern BARE_NUMBER = Pattern.compile("[+-]?\\d+");

	private static final String[] UNITS = { "TB", "GB", "MB", "KB" };

	private final long bytes;

	private DataLimit(long bytes) {
		this.bytes = bytes;
	}

	/**
	 * Read a limit as users write it.
	 * @param text {@code none}, or an amount with its unit such as {@code 240B},
	 * {@code 16KB} or {@code 10MB}
	 * @return the limit
	 * @throws IllegalArgumentException if it is something else, zero or negative; the
	 * message says what is expected
	 */
	public static DataLimit of(String text) {
		String value = text.trim();
		if (value.equalsIgnoreCase("none")) {
			return NONE;
		}
		if (BARE_NUMBER.matcher(value).matches()) {
			throw new IllegalArgumentException("needs a unit, such as " + value + "B or " + value + "KB");
		}
		try {
			return of(DataSize.parse(value.toUpperCase(Locale.ROOT)));
		}
		catch (ArithmeticException | IllegalArgumentException ex) {
			if (ex.getMessage() != null && ex.getMessage().startsWith("must be positive")) {
				throw ex;
			}
			throw new IllegalArgumentException("must be an amount with its unit, such as 240B, 16KB or 10MB, or none",
					ex);
		}
	}

	/**
	 * Create a limit.
	 * @param size a positive amount
	 * @return the limit
	 * @throws IllegalArgumentException if the amount is zero or negative
	 */
	public static DataLimit of(DataSize size) {
		if (size.toBytes() <= 0) {
			throw new IllegalArgumentException("must be positive; write none for no limit");
		}
		return new DataLimit(size.toBytes());
	}

	/**
	 * Return the limit as a number to compare with.
	 * @return the limit in bytes, {@link Long#MAX_VALUE} for none
	 */
	public long bytes() {
		return this.bytes;
	}

	/**
	 * Whether there is no limit.
	 * @return {@code true} for {@code none}
	 */
	public boolean isNone() {
		return this.bytes == Long.MAX_VALUE;
	}

	@Override
	public boolean equals(@Nullable Object other) {
		return other instanceof DataLimit limit && this.bytes == limit.bytes;
	}

	@Override
	public int hashCode() {
		return Long.hashCode(this.bytes);
	}

	/**
	 * Return the limit as users write it, in the largest unit that needs no fraction.
	 */
	@Override
	public String toString() {
		if (isNone()) {
			return "none";
		}
		for (int i = 0; i < UNITS.length; i++) {
			long unit = 1L << (10 * (UNITS.length - i));
			if (this.bytes % unit == 0) {
				return this.bytes / unit + UNITS[i];
			}
		}
		return this.bytes + "B";
	}

}
