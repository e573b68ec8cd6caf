package io.serverhardening.ratelimit;

import java.net.InetAddress;
import java.util.Map;

import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

class RefusedKeysTests {

	private final RefusedKeys keys = new RefusedKeys();

	@Test
	void findsWhoIsRefusedMostAmongMany() {
		for (int i = 0; i < 100_000; i++) {
			this.keys.count("once" + i);
			if (i % 50 == 0) {
				this.keys.count("often");
			}
			if (i % 20 == 0) {
				this.keys.count("most");
			}
		}
		assertThat(this.keys.size()).isEqualTo(RefusedKeys.MAX_KEYS);
		assertThat(this.keys.top(2)).extracting(Map.Entry::getKey).containsExactly("most", "often");
		assertThat(this.keys.top(1).get(0).getValue()).isGreaterThanOrEqualTo(5_000);
	}

	@Test
	void showsKeysAsHashesUnlessToldOtherwise() throws Exception {
		InetAddress address = InetAddress.getByName("192.0.2.1");
		assertThat(ShownKey.of(address, true)).isEqualTo("192.0.2.1");
		assertThat(ShownKey.of(address, false)).matches("[0-9a-f]{12}").isEqualTo(ShownKey.of(address, false));
		assertThat(ShownKey.of("secret", false)).doesNotContain("secret").isNotEqualTo(ShownKey.of(address, false));
		assertThat(ShownKey.of("a\r\nb\u0000", true)).isEqualTo("a??b?");
	}

}
