package io.serverhardening.autoconfigure.diagnostics;

import org.jspecify.annotations.Nullable;

/**
 * A setting is wrong: says which, what it is, and what is expected.
 */
public final class InvalidSettingException extends RuntimeException {

	private final String property;

	private final @Nullable Object value;

	private final String expectation;

	private final @Nullable String origin;

	/**
	 * Refuse a setting.
	 * @param property its name, as it is written in {@code application.yml}
	 * @param value what it is
	 * @param expectation what it would have to be, for a reader
	 * @param origin where it is written; {@code null} to look it up
	 */
	public InvalidSettingException(String property, @Nullable Object value, String expectation,
			@Nullable String origin) {
		super(property + ((value != null) ? " (" + value + ") " : " ") + expectation);
		this.property = property;
		this.value = value;
		this.expectation = expectation;
		this.origin = origin;
	}

	/**
	 * Refuse a setting.
	 * @param property its name, as it is written in {@code application.yml}
	 * @param value what it is
	 * @param expectation what it would have to be, for a reader
	 */
	public InvalidSettingException(String property, @Nullable Object value, String expectation) {
		this(property, value, expectation, null);
	}

	/**
	 * Return the setting that is wrong.
	 * @return a property name, as written where it is unknown
	 */
	public String property() {
		return this.property;
	}

	/**
	 * Return the value that is wrong.
	 * @return the value, or {@code null} where the name is what is wrong
	 */
	public @Nullable Object value() {
		return this.value;
	}

	/**
	 * Return what is expected.
	 * @return the rest of a sentence that begins with the property
	 */
	public String expectation() {
		return this.expectation;
	}

	/**
	 * Return where the setting was written.
	 * @return the origin where it is known already
	 */
	@Nullable String origin() {
		return this.origin;
	}

}
