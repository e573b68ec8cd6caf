package io.serverhardening.ratelimit;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;

import io.github.resilience4j.ratelimiter.RateLimiter;
import io.github.resilience4j.ratelimiter.RateLimiterRegistry;
import io.serverhardening.CountLimit;
import io.serverhardening.ratelimit.RateLimitPolicy.Limit;
import org.junit.jupiter.api.Test;

import org.springframework.http.HttpHeaders;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

/**
 * Limits that take another policy while clients are counted.
 */
class RateLimitsTests {

	private static final Duration PERIOD = Duration.ofSeconds(10);

	private long now = 1_000;

	private final RateLimiterRegistry registry = RateLimiterRegistry.ofDefaults();

	private final RateLimits limits = new RateLimits("orders", this.registry, () -> this.now);

	private static RateLimitPolicy policy(ClientKey key, int permits, Map<String, Limit> tiers) {
		return new RateLimitPolicy(new Limit(CountLimit.of(permits), PERIOD), tiers, key, 100, false, "p");
	}

	private RateLimitTable apply(RateLimitPolicy policy) {
		RateLimitTable table = this.limits.table(policy);
		table.apply();
		return table;
	}

	private static int admitted(RateLimitTable table, String tier, Object key, int requests) {
		TierLimit limit = Objects.requireNonNull(table.tier(tier));
		int admitted = 0;
		for (int i = 0; i < requests; i++) {
			admitted += (limit.take(key, 1, null) == null) ? 1 : 0;
		}
		return admitted;
	}

	@Test
	void changesNothingBeforeItIsApplied() {
		RateLimitTable first = apply(policy(ClientKey.global(), 5, Map.of()));
		RateLimitTable second = this.limits.table(policy(ClientKey.global(), 50, Map.of("gold", limit(7))));
		assertThat(this.limits.policy()).isEqualTo(first.policy());
		assertThat(this.limits.quotas()).containsOnlyKeys("");
		assertThat(this.registry.getAllRateLimiters()).extracting(RateLimiter::getName).containsExactly("orders");
		second.apply();
		assertThat(this.limits.quotas()).containsOnlyKeys("", "gold");
		assertThat(this.registry.getAllRateLimiters()).extracting(RateLimiter::getName)
			.containsExactlyInAnyOrder("orders", "orders.gold");
	}

	private static Limit limit(int permits) {
		return new Limit(CountLimit.of(permits), PERIOD);
	}

	@Test
	void aRequestIsCountedByTheTableThatItBeganWithTogetherWithTheOthers() {
		RateLimitTable first = apply(policy(ClientKey.global(), 5, Map.of()));
		assertThat(admitted(first, "", "a", 3)).isEqualTo(3);
		RateLimitTable second = apply(policy(ClientKey.global(), 8, Map.of()));
		assertThat(admitted(second, "", "a", 20)).isEqualTo(5);
		assertThat(admitted(first, "", "a", 20)).isZero();
		HttpHeaders headers = new HttpHeaders();
		Objects.requireNonNull(first.tier("")).take("b", 1, headers);
		assertThat(headers.getFirst("RateLimit-Policy")).isEqualTo("\"orders\";q=5;w=10");
		Objects.requireNonNull(second.tier("")).take("b", 1, headers);
		assertThat(headers.getFirst("RateLimit-Policy")).isEqualTo("\"orders\";q=8;w=10");
		assertThat(headers.getFirst("RateLimit")).isEqualTo("\"orders\";r=6;t=10");
		assertThat(this.limits.keys()).isEqualTo(2);
	}

	@Test
	void clientsThatAreKnownBySomethingElseAreOthers() {
		assertThat(admitted(apply(policy(ClientKey.global(), 5, Map.of())), "", "a", 9)).isEqualTo(5);
		ClientKey header = ClientKey.header("Api-Key", (exchange) -> null);
		assertThat(admitted(apply(policy(header, 5, Map.of())), "", "a", 9)).isEqualTo(5);
	}

	@Test
	void keysThatWereHiddenAreNotShownLater() {
		RateLimitTable hidden = apply(policy(ClientKey.header("Api-Key", (exchange) -> null), 5, Map.of()));
		hidden.refusedKeys().count("a-key-of-somebody");
		assertThat(this.limits.topRefused(10)).hasSize(1).doesNotContainKey("a-key-of-somebody");
		apply(new RateLimitPolicy(limit(5), Map.of(), ClientKey.global(), 100, true, "p"));
		assertThat(this.limits.topRefused(10)).isEmpty();
	}

	@Test
	void aLimitThatComesBackIsInTheRegistryAgain() {
		RateLimitTable table = apply(policy(ClientKey.global(), 5, Map.of()));
		assertThat(admitted(table, "", "a", 3)).isEqualTo(3);
		this.limits.close();
		RateLimitTable again = apply(policy(ClientKey.global(), 5, Map.of()));
		assertThat(this.registry.find("orders")).isPresent();
		assertThat(admitted(again, "", "a", 9)).as("what was taken counts").isEqualTo(2);
	}

	@Test
	void aTierThatIsGoneLeavesTheRegistry() {
		RateLimitTable first = apply(policy(ClientKey.global(), 5, Map.of("gold", limit(7))));
		RateLimiter base = this.registry.find("orders").orElseThrow();
		apply(policy(ClientKey.global(), 6, Map.of("iron", limit(2))));
		assertThat(this.registry.getAllRateLimiters()).extracting(RateLimiter::getName)
			.containsExactlyInAnyOrder("orders", "orders.iron");
		assertThat(this.registry.find("orders")).as("who listens to it goes on hearing").containsSame(base);
		assertThat(base.getRateLimiterConfig().getLimitForPeriod()).isEqualTo(6);
		assertThat(admitted(first, "gold", "a", 9)).as("a request that is under way").isEqualTo(7);
		this.limits.close();
		assertThat(this.registry.getAllRateLimiters()).isEmpty();
	}

	@Test
	void isAResilience4jRateLimiter() {
		RateLimitTable table = apply(policy(ClientKey.global(), 20, Map.of()));
		RateLimiter limiter = this.registry.find("orders").orElseThrow();
		List<String> events = new ArrayList<>();
		limiter.getEventPublisher()
			.onSuccess((event) -> events.add("success " + event.getNumberOfPermits()))
			.onFailure((event) -> events.add("failure " + event.getRateLimiterName()));
		assertThat(limiter.acquirePermission(19)).isTrue();
		assertThat(limiter.reservePermission(1)).isZero();
		assertThat(limiter.reservePermission(1)).isEqualTo(-1);
		assertThat(events).containsExactly("success 19", "success 1", "failure orders");
		assertThat(admitted(table, "", "a", 1)).isEqualTo(1);
		assertThat(events).as("the events of all clients").hasSize(4);
		assertThat(limiter.getMetrics().getNumberOfWaitingThreads()).isZero();
		this.now += PERIOD.toNanos();
		assertThat(limiter.getMetrics().getAvailablePermissions()).isEqualTo(20);
		limiter.drainPermissions();
		assertThat(limiter.getMetrics().getAvailablePermissions()).isZero();
		limiter.changeLimitForPeriod(3);
		assertThat(admitted(table, "", "b", 60)).isEqualTo(3);
		assertThat(limiter.getRateLimiterConfig().getLimitForPeriod()).isEqualTo(3);
		assertThatIllegalArgumentException().isThrownBy(() -> limiter.changeTimeoutDuration(Duration.ofMillis(1)))
			.withMessageContaining("never waits");
	}

}
