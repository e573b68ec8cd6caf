package io.serverhardening.autoconfigure.server;

import java.util.Arrays;
import java.util.List;

import io.netty.util.Version;
import io.serverhardening.CountLimit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import static org.assertj.core.api.Assertions.assertThat;

class NettyAdvisoriesTests {

	@ParameterizedTest
	@CsvSource({ "4.1.135.Final, CVE-2026-100656 CVE-2026-59899", "4.1.136.Final, CVE-2026-100656",
			"4.1.137.Final, CVE-2026-100656", "4.1.138.Final, ''", "4.2.15.Final, CVE-2026-100656 CVE-2026-59899",
			"4.2.16.Final, CVE-2026-100656", "4.2.17.Final, CVE-2026-100656", "4.2.18.Final, ''", "4.3.0.Final, ''",
			"unknown, ''", ", ''" })
	void eachVersionHasItsFaults(String version, String names) {
		assertThat(new NettyAdvisories(version).names())
			.isEqualTo(names.isEmpty() ? List.of() : Arrays.asList(names.split(" ")));
	}

	@Test
	void theWarningSaysWhatProtectsAndWhatToSet() {
		assertThat(new NettyAdvisories("4.1.135.Final").warning(CountLimit.of(16)))
			.isEqualTo("Netty 4.1.135.Final keeps the requests that a client pipelines without a limit "
					+ "(CVE-2026-100656, CVE-2026-59899). server.hardening.connection.max-pipelined (16) stops reading "
					+ "from the client long before that takes memory. Set netty.version to 4.1.138.Final or "
					+ "4.2.18.Final");
		assertThat(new NettyAdvisories("4.2.17.Final").warning(CountLimit.NONE))
			.contains("server.hardening.connection.max-pipelined is none, so that one client can fill the memory");
	}

	@Test
	void theNettyThatIsThereIsAsked() {
		String version = Version.identify().get("netty-codec-http").artifactVersion();
		assertThat(NettyAdvisories.present().names()).isEqualTo(new NettyAdvisories(version).names());
	}

}
