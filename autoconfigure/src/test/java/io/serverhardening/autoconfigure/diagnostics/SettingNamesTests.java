package io.serverhardening.autoconfigure.diagnostics;

import java.io.IOException;
import java.io.InputStream;
import java.util.List;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * The names that are checked are the names that are bound and documented.
 */
class SettingNamesTests {

	@Test
	void areThoseOfTheMetadata() throws IOException {
		List<String> documented;
		try (InputStream metadata = getClass().getResourceAsStream("/META-INF/spring-configuration-metadata.json")) {
			documented = new ObjectMapper().readTree(metadata)
				.get("properties")
				.findValues("name")
				.stream()
				.map(JsonNode::asText)
				.filter((name) -> name.startsWith("server.hardening."))
				.filter((name) -> !List.of("server.hardening.routes", "server.hardening.webhook").contains(name)
						&& !name.endsWith(".tiers"))
				.map((name) -> name.replace(".routes.id.", ".routes.*.")
					.replace(".webhook.id.", ".webhook.*.")
					.replace(".tiers.name.", ".tiers.*."))
				.toList();
		}
		assertThat(SettingNames.KNOWN.leaves()
			.stream()
			.map((name) -> "server.hardening." + String.join(".", name.path()))
			// The metadata knows the tiers of the top only.
			.filter((name) -> !name.contains(".routes.*.rate-limit.tiers."))
			.toList()).containsExactlyInAnyOrderElementsOf(documented);
	}

}
