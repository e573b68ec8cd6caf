package io.serverhardening.autoconfigure;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.BiConsumer;
import java.util.function.Function;

import org.jspecify.annotations.Nullable;

/**
 * What outlives the guards of one group, by name. Guards are made anew whenever settings
 * change; what was counted for a name stays for as long as a guard has that name.
 *
 * @param <S> what is kept
 */
final class KeptStates<S> {

	private volatile Map<String, S> kept = Map.of();

	/**
	 * Return what is kept for a name, or make it. What is made is not kept yet.
	 * @param name the name
	 * @param make makes it
	 * @return the state
	 */
	S get(String name, Function<String, S> make) {
		@Nullable S known = this.kept.get(name);
		return (known != null) ? known : make.apply(name);
	}

	/**
	 * Return everything that is kept.
	 * @return the states by name, which do not change
	 */
	Map<String, S> all() {
		return this.kept;
	}

	/**
	 * Keep these, and no others.
	 * @param states the states by name
	 * @param added hears of those that were not kept before
	 * @param gone hears of those that are not kept any more
	 */
	void keep(Map<String, S> states, BiConsumer<String, S> added, BiConsumer<String, S> gone) {
		Map<String, S> before = this.kept;
		Map<String, S> after = Collections.unmodifiableMap(new LinkedHashMap<>(states));
		this.kept = after;
		before.forEach((name, state) -> {
			if (after.get(name) != state) {
				gone.accept(name, state);
			}
		});
		after.forEach((name, state) -> {
			if (before.get(name) != state) {
				added.accept(name, state);
			}
		});
	}

}
