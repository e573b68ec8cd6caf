package io.serverhardening.autoconfigure;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

import io.github.resilience4j.circuitbreaker.CircuitBreaker;
import io.lettuce.core.LettuceVersion;
import io.netty.util.Version;
import org.junit.jupiter.api.Test;
import reactor.netty.http.server.HttpServer;

import org.springframework.boot.SpringBootVersion;
import org.springframework.core.SpringVersion;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * {@code docs/reference/compatibility.md} says what the tests run on: a row for each line
 * of Spring Boot, which the tests on that line write with {@code -Dupdate-docs}.
 */
class CompatibilityIT {

	private static final Path TABLE = Path.of("../docs/reference/compatibility.md");

	@Test
	void whatIsTestedIsInTheTable() throws IOException {
		List<String> lines = new ArrayList<>(Files.readAllLines(TABLE));
		String row = row();
		if (System.getProperty("update-docs") != null) {
			String line = row.substring(0, row.indexOf('.', row.indexOf('.') + 1) + 1);
			lines.removeIf((text) -> text.startsWith(line));
			lines.add(row);
			Files.write(TABLE, lines);
		}
		assertThat(lines).as("run with -Dupdate-docs to write it anew").contains(row);
	}

	@Test
	void theJdkIsNamed() throws IOException {
		assertThat(Files.readString(TABLE)).containsPattern("JDK.*\\b" + Runtime.version().feature() + "\\b");
	}

	private static String row() {
		return "| " + String.join(" | ", SpringBootVersion.getVersion(), String.valueOf(SpringVersion.getVersion()),
				Version.identify().get("netty-codec-http").artifactVersion(),
				HttpServer.class.getPackage().getImplementationVersion(), LettuceVersion.getVersion(), resilience4j())
				+ " |";
	}

	private static String resilience4j() {
		String path = CircuitBreaker.class.getProtectionDomain().getCodeSource().getLocation().getPath();
		return path.replaceFirst(".*-(\\d[^/]*)\\.jar$", "$1");
	}

}
