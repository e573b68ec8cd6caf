package io.serverhardening.webhook;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;

import io.serverhardening.autoconfigure.message.WebhookSenderKind;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Each sender that needs no bean is tested, and documented.
 */
class SendersTests {

	private static final Path DOCS = Path.of(System.getProperty("user.dir")).resolve("../docs");

	@Test
	void eachIsTested() {
		assertThat(Arrays.stream(TestSender.values()).map(Enum::name))
			.containsAll(Arrays.stream(WebhookSenderKind.values()).map(Enum::name).toList());
	}

	@ParameterizedTest
	@EnumSource(WebhookSenderKind.class)
	void eachIsInTheGuideAndInTheReference(WebhookSenderKind kind) throws IOException {
		assertThat(Files.readString(DOCS.resolve("guide/webhook.md"))).contains(" | `" + kind.code() + "` | ");
		assertThat(Files.readAllLines(DOCS.resolve("reference/configuration.md")))
			.filteredOn((line) -> line.startsWith("| `<name>.sender` |"))
			.first()
			.asString()
			.contains(kind.code());
	}

}
