package io.serverhardening.errors;

import java.nio.charset.StandardCharsets;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * What Jackson reads of what we write.
 */
class JsonTests {

	@Test
	void survivesEveryCharacter() throws Exception {
		StringBuilder all = new StringBuilder();
		for (int c = 0; c <= 0xffff; c++) {
			if (!Character.isSurrogate((char) c)) {
				all.append((char) c);
			}
		}
		all.append("😀");
		byte[] json = new Json().open().add("all", all.toString()).close().toBytes();
		assertThat(new ObjectMapper().readTree(json).get("all").asText()).isEqualTo(all.toString());
	}

	@Test
	void writesUnpairedSurrogatesAsEscapes() {
		byte[] json = new Json().open().add("high", "a\ud83d").add("low", "\ude00a").close().toBytes();
		assertThat(new String(json, StandardCharsets.UTF_8)).isEqualTo("{\"high\":\"a\\ud83d\",\"low\":\"\\ude00a\"}");
	}

	@Test
	void nestsAndLeavesOutWhatHasNoValue() throws Exception {
		byte[] json = new Json().open()
			.add("number", 7)
			.add("missing", null)
			.add("flag", true)
			.open("object")
			.add("a", "b")
			.close()
			.openArray("array")
			.openElement()
			.add("x", 1)
			.close()
			.openElement()
			.close()
			.closeArray()
			.add("last", "one")
			.close()
			.toBytes();
		JsonNode tree = new ObjectMapper().readTree(json);
		assertThat(tree.toString()).isEqualTo(
				"{\"number\":7,\"flag\":true,\"object\":{\"a\":\"b\"}," + "\"array\":[{\"x\":1},{}],\"last\":\"one\"}");
	}

}
