package io.serverhardening.client;

import java.net.InetAddress;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

/**
 * Ranges of addresses.
 */
class CidrBlockTests {

	@ParameterizedTest
	@CsvSource({ "10.0.0.0/8, 10.255.0.1, true", "10.0.0.0/8, 11.0.0.1, false", "192.0.2.7, 192.0.2.7, true",
			"192.0.2.7, 192.0.2.8, false", "0.0.0.0/0, 203.0.113.9, true", "192.0.2.128/25, 192.0.2.127, false",
			"192.0.2.128/25, 192.0.2.200, true", "2001:db8::/32, 2001:db8:ffff::1, true",
			"2001:db8::/32, 2001:db9::1, false", "2001:db8::1/128, 2001:db8::1, true", "::/0, 10.0.0.1, false",
			"::1, 0:0:0:0:0:0:0:1, true", "10.0.0.0/8, ::ffff:10.1.2.3, true" })
	void containsItsAddresses(String block, String address, boolean expected) {
		InetAddress parsed = IpAddress.parse(address);
		assertThat(parsed).isNotNull();
		assertThat(CidrBlock.of(block).contains(parsed)).isEqualTo(expected);
	}

	@ParameterizedTest
	@CsvSource({ "10.0.0.1/8, 10.0.0.0/8", "2001:db8::1/32, 2001:db8:0:0:0:0:0:0/32" })
	void refusesBitsAfterThePrefix(String block, String meant) {
		assertThatIllegalArgumentException().isThrownBy(() -> CidrBlock.of(block))
			.withMessage("has bits set after its prefix; did you mean " + meant + "?");
	}

	@ParameterizedTest
	@ValueSource(strings = { "", "localhost", "10.0.0", "10.0.0.0.0", "010.0.0.1", "256.0.0.1", "fe80::1%eth0", "[::1]",
			"1.2.3.4:80", "::g", "10", "1:2:3:4:5:6:7:8:9", "example.com/8", "12345::", "::ffff:1.2.3.999" })
	void refusesWhatIsNoAddress(String block) {
		assertThatIllegalArgumentException().isThrownBy(() -> CidrBlock.of(block))
			.withMessage("must be an address or a range such as 10.0.0.0/8 or 2001:db8::/32");
	}

	@ParameterizedTest
	@ValueSource(strings = { "10.0.0.0/33", "10.0.0.0/-1", "10.0.0.0/", "10.0.0.0/x", "::/129", "::/0x8" })
	void refusesWhatIsNoPrefix(String block) {
		assertThatIllegalArgumentException().isThrownBy(() -> CidrBlock.of(block))
			.withMessageStartingWith("must have a prefix between 0 and ");
	}

}
