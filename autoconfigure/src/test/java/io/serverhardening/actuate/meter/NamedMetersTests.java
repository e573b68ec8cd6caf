package io.serverhardening.actuate.meter;

import java.util.HashMap;
import java.util.Map;

import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.config.MeterFilter;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import org.junit.jupiter.api.Test;

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

}
