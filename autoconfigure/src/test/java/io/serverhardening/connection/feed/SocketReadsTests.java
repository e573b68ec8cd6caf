package io.serverhardening.connection.feed;

import io.serverhardening.internal.LibraryVersion;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import static org.assertj.core.api.Assertions.assertThat;

class SocketReadsTests {

	@ParameterizedTest
	@CsvSource({ "1.2.18, true", "1.3.7, true", "1.3.8, false", "1.4.0, false", ", true" })
	void onlyAServerThatIsKnownToReadIsNotAskedToReadAgain(String version, boolean forgetful) {
		assertThat(SocketReads.isForgetful(LibraryVersion.parse(version))).isEqualTo(forgetful);
	}

}
