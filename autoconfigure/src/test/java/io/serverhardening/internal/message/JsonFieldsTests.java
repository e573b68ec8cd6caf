package io.serverhardening.internal.message;

import java.nio.charset.StandardCharsets;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * What is put in the place of what was encrypted.
 */
class JsonFieldsTests {

	private static String replace(String document) {
		byte[] replaced = JsonFields.replace(document.getBytes(StandardCharsets.UTF_8), "resource",
				"{\"b\":2}".getBytes(StandardCharsets.UTF_8));
		return new String(replaced, StandardCharsets.UTF_8);
	}

	@ParameterizedTest
	@CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
			{"resource":{}} | {"resource":{"b":2}}
			{"é支":"支",  "resource" : {"a":{"c":[1,{}]}} , "z":1.50} | {"é支":"支",  "resource" : {"b":2} , "z":1.50}
			{"a":{"resource":{}},"resource":{"x":"}"}} | {"a":{"resource":{}},"resource":{"b":2}}
			""")
	void leavesTheRestAsItWas(String document, String expected) {
		assertThat(replace(document)).isEqualTo(expected);
	}

	@Test
	void findsItHoweverMuchIsBeforeIt() {
		String before = "{\"before\":\"" + "é".repeat(50_000) + "\",\"resource\":";
		assertThat(replace(before + "{\"a\":1}}")).isEqualTo(before + "{\"b\":2}}");
	}

	@ParameterizedTest
	@ValueSource(strings = { "", "[]", "{}", "{\"resource\":1}", "{\"resource\":\"{}\"}", "{\"a\":{\"resource\":{}}}",
			"{\"resource\":{" })
	void saysThatThereIsNoSuchObject(String document) {
		assertThatExceptionOfType(UnreadableMessageException.class).isThrownBy(() -> replace(document));
	}

}
