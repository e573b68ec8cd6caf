package io.serverhardening.autoconfigure.route;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

class KeptStatesTests {

	private final Set<String> busy = new HashSet<>();

	private final List<String> forgotten = new ArrayList<>();

	private final KeptStates<String> states = new KeptStates<>(this.busy::contains, this.forgotten::add);

	@Test
	void makesWhatIsNotKeptAndKeepsItOnlyWhenToldTo() {
		assertThat(this.states.get("a", (name) -> "first")).isEqualTo("first");
		assertThat(this.states.get("a", (name) -> "second")).isEqualTo("second");
		this.states.keep(Map.of("a", "third"));
		assertThat(this.states.get("a", (name) -> "fourth")).isEqualTo("third");
	}

	@Test
	void aNameThatComesBackFindsWhatItRemembers() {
		this.busy.add("a");
		this.states.keep(Map.of("a", "a", "b", "b"));
		this.states.keep(Map.of());
		assertThat(this.forgotten).containsExactly("b");
		assertThat(this.states.withLeaving()).containsExactly("a");
		assertThat(this.states.get("a", (name) -> "new")).isEqualTo("a");
		this.states.keep(Map.of("a", "a"));
		this.busy.clear();
		this.states.keep(Map.of());
		assertThat(this.forgotten).containsExactly("b", "a");
		assertThat(this.states.withLeaving()).isEmpty();
	}

	@Test
	void remembersSixteenNamesAndFirstForgetsThoseThatRememberNothing() {
		this.busy.add("busy");
		Map<String, String> many = new LinkedHashMap<>();
		many.put("busy", "busy");
		for (int i = 0; i < 100; i++) {
			many.put("idle" + i, "idle" + i);
		}
		this.states.keep(many);
		this.states.keep(Map.of());
		assertThat(this.states.get("busy", (name) -> "new")).as("it went first, and is at work").isEqualTo("busy");
		for (int i = 0; i < 100; i++) {
			this.busy.add("name" + i);
			this.states.keep(Map.of("name" + i, "name" + i));
		}
		assertThat(this.states.withLeaving()).hasSize(17).contains("name99", "name83").doesNotContain("busy");
	}

	// A request that has begun may give it something to remember.
	@Test
	void keepsSixteenThatRememberNothingYet() {
		KeptStates<String> sought = KeptStates.sought(this.busy::contains, this.forgotten::add);
		for (int i = 0; i < 40; i++) {
			sought.keep(Map.of("name" + i, "name" + i));
		}
		assertThat(this.forgotten).hasSize(23).startsWith("name0").endsWith("name22");
		assertThat(sought.withLeaving()).contains("name23", "name38", "name39");
	}

	@Test
	void findsWhatIsForgottenForAsLongAsSomebodyHasIt() {
		KeptStates<String> sought = KeptStates.sought(this.busy::contains, this.forgotten::add);
		String used = new String("used");
		sought.keep(Map.of("a", used));
		for (int i = 0; i < 17; i++) {
			sought.keep(Map.of("name" + i, "name" + i));
		}
		assertThat(this.forgotten).containsExactly("used");
		assertThat(sought.withLeaving()).as("it may be at work").contains(used);
		assertThat(sought.get("a", (name) -> "new")).isSameAs(used);
		sought.keep(Map.of("a", "another"));
		this.busy.add("another");
		sought.keep(Map.of());
		assertThat(sought.get("a", (name) -> "new")).isEqualTo("another");
	}

}
