package io.serverhardening.internal;

import java.util.regex.Matcher;
import java.util.regex.Pattern;

import org.jspecify.annotations.Nullable;

/**
 * The version of a library, as far as three numbers say it.
 *
 * @param major the first number
 * @param minor the second number
 * @param patch the third number
 */
public record LibraryVersion(int major, int minor, int patch) {

	private static final Pattern NUMBERS = Pattern.compile("(\\d{1,6})\\.(\\d{1,6})\\.(\\d{1,6})(?!\\d).*");

	/**
	 * Read a version.
	 * @param text such as {@code 4.1.135.Final}
	 * @return the version, or {@code null} if it does not begin with three numbers
	 */
	public static @Nullable LibraryVersion parse(@Nullable String text) {
		Matcher numbers = NUMBERS.matcher((text != null) ? text : "");
		return numbers.matches() ? new LibraryVersion(Integer.parseInt(numbers.group(1)),
				Integer.parseInt(numbers.group(2)), Integer.parseInt(numbers.group(3))) : null;
	}

	/**
	 * Return what the jar of a class says of itself.
	 * @param type the class
	 * @return the version, or {@code null} where the jar does not say, as in a native
	 * image
	 */
	public static @Nullable LibraryVersion of(Class<?> type) {
		return parse(type.getPackage().getImplementationVersion());
	}

	/**
	 * Whether this is older than a version of the same line, or of an older line.
	 * @param major the first number of that version
	 * @param minor its second number
	 * @param patch its third number
	 * @return {@code true} if it is
	 */
	public boolean isBefore(int major, int minor, int patch) {
		if (this.major != major) {
			return this.major < major;
		}
		return (this.minor != minor) ? this.minor < minor : this.patch < patch;
	}

}
