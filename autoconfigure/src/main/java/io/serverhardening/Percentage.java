package io.serverhardening;

import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A part of something.
 *
 * @param percent the part in hundredths, from 0 to 100
 */
public record Percentage(int percent) {

	private static final Pattern PERCENT = Pattern.compile("(\\d{1,3})\\s*%");

	public Percentage {
		if (percent < 0 || percent > 100) {
			throw new IllegalArgumentException("must be between 0% and 100%");
		}
	}

	/**
	 * Read a part as users write it.
	 * @param text {@code none}, or a whole number with its sign such as {@code 10%}
	 * @return the part
	 * @throws IllegalArgumentException if it is something else; the message says what is
	 * expected
	 */
	public static Percentage of(String text) {
		String value = text.trim();
		if (value.equalsIgnoreCase("none")) {
			return new Percentage(0);
		}
		Matcher matcher = PERCENT.matcher(value);
		if (!matcher.matches()) {
			throw new IllegalArgumentException("must be a whole number of percent, such as 10%, or none");
		}
		return new Percentage(Integer.parseInt(matcher.group(1)));
	}

	/**
	 * Return the part of a number.
	 * @param number the whole
	 * @return the part, rounded down
	 */
	public int of(int number) {
		return (int) ((long) number * this.percent / 100);
	}

	@Override
	public String toString() {
		return (this.percent == 0) ? "none" : this.percent + "%";
	}

}
