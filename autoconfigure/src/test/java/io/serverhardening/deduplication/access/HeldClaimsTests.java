package io.serverhardening.deduplication.access;

import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;

import io.serverhardening.deduplication.record.ClaimRequest;
import io.serverhardening.deduplication.record.ClaimTerms;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

class HeldClaimsTests {

	private static final ClaimTerms TERMS = new ClaimTerms(100, 1000, 0);

	private final AtomicLong now = new AtomicLong();

	private final HeldClaims held = new HeldClaims(this.now::get);

	private static ClaimRequest request(int number) {
		return new ClaimRequest("message-" + number, "body", "owner", true, TERMS);
	}

	@Test
	void forgetsAllWhoseLeaseIsOverBehindThoseThatAreRenewed() {
		for (int i = 0; i < 100; i++) {
			assertThat(this.held.hold(request(i), i)).isNull();
		}
		this.now.addAndGet(Duration.ofSeconds(2).toNanos());
		for (int i = 0; i < 50; i++) {
			this.held.renewed(request(i));
		}
		assertThat(this.held.hold(request(100), 100)).isNull();
		assertThat(this.held.size()).isEqualTo(51);
	}

}
