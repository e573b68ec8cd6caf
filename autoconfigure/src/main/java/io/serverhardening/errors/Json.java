package io.serverhardening.errors;

import java.nio.charset.StandardCharsets;

import org.jspecify.annotations.Nullable;

/**
 * Writes one small JSON object. A refusal must not depend on a codec being there, nor
 * cost what one costs.
 */
final class Json {

	private static final char[] HEX = "0123456789abcdef".toCharArray();

	private final StringBuilder text = new StringBuilder(256);

	private boolean first = true;

	Json open() {
		this.text.append('{');
		this.first = true;
		return this;
	}

	Json open(String name) {
		name(name);
		return open();
	}

	Json close() {
		this.text.append('}');
		this.first = false;
		return this;
	}

	Json openArray(String name) {
		name(name);
		this.text.append('[');
		this.first = true;
		return this;
	}

	Json openElement() {
		comma();
		return open();
	}

	Json closeArray() {
		this.text.append(']');
		this.first = false;
		return this;
	}

	/**
	 * Add a member, unless it has no value.
	 * @param name the name, plain ASCII
	 * @param value a string, number or boolean; anything else is written as its string
	 * @return this object
	 */
	Json add(String name, @Nullable Object value) {
		if (value == null) {
			return this;
		}
		name(name);
		if (value instanceof Number || value instanceof Boolean) {
			this.text.append(value);
		}
		else {
			quote(value.toString());
		}
		return this;
	}

	byte[] toBytes() {
		return this.text.toString().getBytes(StandardCharsets.UTF_8);
	}

	private void name(String name) {
		comma();
		quote(name);
		this.text.append(':');
	}

	private void comma() {
		if (!this.first) {
			this.text.append(',');
		}
		this.first = false;
	}

	private void quote(String value) {
		this.text.append('"');
		for (int i = 0; i < value.length(); i++) {
			char c = value.charAt(i);
			switch (c) {
				case '"', '\\' -> this.text.append('\\').append(c);
				case '\n' -> this.text.append("\\n");
				case '\r' -> this.text.append("\\r");
				case '\t' -> this.text.append("\\t");
				default -> {
					// Unpaired surrogates cannot be encoded; the line separators end a
					// JavaScript string.
					if (c < 0x20 || c == '\u2028' || c == '\u2029'
							|| (Character.isSurrogate(c) && !isPaired(value, i))) {
						this.text.append("\\u")
							.append(HEX[c >> 12])
							.append(HEX[(c >> 8) & 15])
							.append(HEX[(c >> 4) & 15])
							.append(HEX[c & 15]);
					}
					else {
						this.text.append(c);
					}
				}
			}
		}
		this.text.append('"');
	}

	private static boolean isPaired(String value, int index) {
		return Character.isHighSurrogate(value.charAt(index))
				? index + 1 < value.length() && Character.isLowSurrogate(value.charAt(index + 1))
				: index > 0 && Character.isHighSurrogate(value.charAt(index - 1));
	}

}
