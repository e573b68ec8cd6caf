package io.serverhardening.actuate.meter;

import java.time.Duration;
import java.util.Collection;
import java.util.HashMap;
import java.util.Map;

import io.github.resilience4j.circuitbreaker.CircuitBreakerRegistry;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.config.MeterFilter;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.serverhardening.Timeout;
import io.serverhardening.circuitbreaker.CircuitBreakerPolicy;
import io.serverhardening.circuitbreaker.RouteBreaker;
import org.junit.jupiter.api.Test;

import org.springframework.test.util.ReflectionTestUtils;

import static org.assertj.core.api.Assertions.assertThat;

class NamedMetersTests {

	private final Map<String, int[]> states = new HashMap<>();

	private final NamedMeters<int[]> meters = new NamedMeters<>(() -> this.states) {

		@Override
		void bind(Register register, String name, int[] state) {
			for (String meter : new String[] { "first", "second" }) {
				register.add(Gauge.builder(meter, state, (value) -> value[0])
					.tag("name", name)
					.register(register.registry()));
			}
		}

	};

	@Test
	void anotherStateOfANameHasMetersOfItsOwn() {
		SimpleMeterRegistry registry = new SimpleMeterRegistry();
		this.states.put("a", new int[] { 1 });
		this.meters.bindTo(registry);
		int[] next = { 2 };
		this.states.put("a", next);
		this.meters.run();
		assertThat(registry.get("first").gauge().value()).isEqualTo(2);
		this.states.clear();
		this.meters.run();
		assertThat(registry.getMeters()).isEmpty();
	}

	@Test
	void aRegistryThatFailsIsTriedAgainAndKeepsNoOtherWaiting() {
		boolean[] fails = { true };
		SimpleMeterRegistry broken = new SimpleMeterRegistry();
		broken.config().meterFilter(new MeterFilter() {

			@Override
			public Meter.Id map(Meter.Id id) {
				if (fails[0] && id.getName().equals("second")) {
					throw new IllegalStateException("Planted");
				}
				return id;
			}

		});
		SimpleMeterRegistry sound = new SimpleMeterRegistry();
		this.meters.bindTo(broken);
		this.meters.bindTo(sound);
		this.states.put("a", new int[] { 1 });
		this.meters.run();
		assertThat(sound.getMeters()).hasSize(2);
		assertThat(broken.getMeters()).as("none by halves").isEmpty();
		fails[0] = false;
		this.meters.run();
		assertThat(broken.getMeters()).hasSize(2);
	}

	@Test
	void whoFailsToHearThatAMeterIsGoneKeepsNoOtherWaiting() {
		SimpleMeterRegistry registry = new SimpleMeterRegistry();
		registry.config().onMeterRemoved((meter) -> {
			throw new IllegalStateException("Planted");
		});
		this.meters.bindTo(registry);
		this.states.put("a", new int[] { 1 });
		this.meters.run();
		this.states.remove("a");
		this.states.put("b", new int[] { 2 });
		this.meters.run();
		assertThat(registry.getMeters()).extracting((meter) -> meter.getId().getTag("name")).containsExactly("b", "b");
	}

	@Test
	void aNameThatSharesTheMetersOfAnotherHasThemWhenThatIsGone() {
		SimpleMeterRegistry registry = new SimpleMeterRegistry();
		registry.config().meterFilter(MeterFilter.ignoreTags("name"));
		this.meters.bindTo(registry);
		this.states.put("a", new int[] { 1 });
		this.meters.run();
		this.states.put("b", new int[] { 2 });
		this.meters.run();
		this.states.remove("a");
		this.meters.run();
		assertThat(registry.getMeters()).hasSize(2);
		assertThat(registry.get("first").gauge().value()).isEqualTo(2);
		this.states.put("c", new int[] { 3 });
		this.meters.run();
		this.states.remove("c");
		this.meters.run();
		assertThat(registry.get("first").gauge().value()).isEqualTo(2);
	}

	@Test
	void aBreakerIsListenedToOnceHoweverOftenItComesBack() {
		SimpleMeterRegistry registry = new SimpleMeterRegistry();
		CircuitBreakerPolicy policy = new CircuitBreakerPolicy(50, 100, Timeout.NONE, 2, 1, Duration.ofHours(1), "any");
		RouteBreaker breaker = new RouteBreaker("a", policy, CircuitBreakerRegistry.ofDefaults(), System::nanoTime);
		Map<String, RouteBreaker> breakers = new HashMap<>();
		CircuitBreakerMeters meters = new CircuitBreakerMeters(() -> breakers);
		meters.bindTo(registry);
		for (int i = 0; i < 3; i++) {
			breakers.put("a", breaker);
			meters.run();
			assertThat((Collection<?>) ReflectionTestUtils.getField(breaker, "listeners")).hasSize(1);
			breakers.clear();
			meters.run();
			assertThat((Collection<?>) ReflectionTestUtils.getField(breaker, "listeners")).isEmpty();
		}
	}

}
