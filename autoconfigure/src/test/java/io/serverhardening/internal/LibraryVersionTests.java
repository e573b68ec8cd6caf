package io.serverhardening.internal;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.NullSource;
import org.junit.jupiter.params.provider.ValueSource;
import reactor.netty.http.server.HttpServer;

import static org.assertj.core.api.Assertions.assertThat;

class LibraryVersionTests {

	@ParameterizedTest
	@CsvSource({ "1.3.7, true", "1.3.8, false", "1.3.10, false", "1.2.99, true", "0.9.9, true", "1.4.0, false",
			"2.0.0, false" })
	void isComparedNumberByNumber(String version, boolean before) {
		LibraryVersion parsed = LibraryVersion.parse(version);
		assertThat(parsed).isNotNull();
		assertThat(parsed.isBefore(1, 3, 8)).isEqualTo(before);
	}

	@ParameterizedTest
	@CsvSource({ "4.1.135.Final, 135", "4.2.18-SNAPSHOT, 18", "1.3.8, 8", "1.3.8.RELEASE, 8" })
	void whatFollowsTheThreeNumbersDoesNotCount(String version, int patch) {
		assertThat(LibraryVersion.parse(version)).extracting(LibraryVersion::patch).isEqualTo(patch);
	}

	@ParameterizedTest
	@NullSource
	@ValueSource(strings = { "", "4", "4.1", "4.1.x", "v4.1.135", "unspecified", "4.1.99999999" })
	void whatIsNoVersionIsNone(String version) {
		assertThat(LibraryVersion.parse(version)).isNull();
	}

	@Test
	void aJarSaysItsOwn() {
		assertThat(LibraryVersion.of(HttpServer.class)).isNotNull();
	}

}
