package io.serverhardening.autoconfigure.route;

import java.lang.ref.WeakReference;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Predicate;

import org.jspecify.annotations.Nullable;

/**
 * What outlives the guards of one group, by name. Guards are made anew whenever settings
 * change; what was counted for a name stays for as long as a guard has that name, and
 * beyond that while it remembers something: a name that comes back finds it. At most
 * sixteen names that are gone are remembered.
 *
 * @param <S> what is kept
 */
public final class KeptStates<S> {

	/**
	 * How many names that are gone are remembered; beyond it the one that went first is
	 * forgotten.
	 */
	private static final int MAX_LEAVING = 16;

	private final Predicate<S> remembers;

	private final Consumer<S> forgotten;

	private final Map<String, S> leaving = new LinkedHashMap<>();

	/** What is forgotten, and may still be in the hands of a request that has begun. */
	private final Map<String, WeakReference<S>> forgottenHere = new HashMap<>();

	private final boolean sought;

	private volatile Map<String, S> kept = Map.of();

	/**
	 * Keep nothing yet.
	 * @param remembers whether something would be lost
	 * @param forgotten hears of what nobody will ask for any more
	 */
	public KeptStates(Predicate<S> remembers, Consumer<S> forgotten) {
		this(remembers, forgotten, false);
	}

	private KeptStates(Predicate<S> remembers, Consumer<S> forgotten, boolean sought) {
		this.remembers = remembers;
		this.forgotten = forgotten;
		this.sought = sought;
	}

	/**
	 * Keep nothing yet, and find again what remembers nothing, too: a request that began
	 * before its name was gone may have it remember something yet. Beyond sixteen names
	 * it is found for as long as somebody has it.
	 * @param <S> what is kept
	 * @param remembers whether something would be lost
	 * @param forgotten hears of what is used only by those that have it
	 * @return the states
	 */
	public static <S> KeptStates<S> sought(Predicate<S> remembers, Consumer<S> forgotten) {
		return new KeptStates<>(remembers, forgotten, true);
	}

	/**
	 * Return what is kept for a name, or make it. What is made is not kept yet.
	 * @param name the name
	 * @param make makes it
	 * @return the state
	 */
	public S get(String name, Function<String, S> make) {
		@Nullable S known = this.kept.get(name);
		if (known == null) {
			synchronized (this.leaving) {
				known = this.leaving.get(name);
				if (known == null) {
					WeakReference<S> used = this.forgottenHere.get(name);
					known = (used != null) ? used.get() : null;
				}
			}
		}
		return (known != null) ? known : make.apply(name);
	}

	/**
	 * Return everything that has a name in force.
	 * @return the states by name, which do not change
	 */
	public Map<String, S> all() {
		return this.kept;
	}

	/**
	 * Return everything that may be at work.
	 * @return the states, also of names that are gone
	 */
	public Collection<S> withLeaving() {
		synchronized (this.leaving) {
			forget();
			List<S> all = new ArrayList<>(this.kept.values());
			all.addAll(this.leaving.values());
			this.forgottenHere.values().stream().map(WeakReference::get).filter(Objects::nonNull).forEach(all::add);
			return all;
		}
	}

	/**
	 * Keep these, and no others.
	 * @param states the states by name
	 */
	public void keep(Map<String, S> states) {
		keep(states, (name, added) -> {
		}, (name, gone) -> {
		});
	}

	/**
	 * Keep these, and no others.
	 * @param states the states by name
	 * @param added hears of those that were not kept before
	 * @param gone hears of those that are not kept any more
	 */
	public void keep(Map<String, S> states, BiConsumer<String, S> added, BiConsumer<String, S> gone) {
		Map<String, S> after = Collections.unmodifiableMap(new LinkedHashMap<>(states));
		synchronized (this.leaving) {
			Map<String, S> before = this.kept;
			this.kept = after;
			before.forEach((name, state) -> {
				if (after.get(name) != state) {
					this.leaving.put(name, state);
					gone.accept(name, state);
				}
			});
			after.forEach((name, state) -> {
				if (before.get(name) != state) {
					this.leaving.remove(name);
					this.forgottenHere.remove(name);
					added.accept(name, state);
				}
			});
			forget();
		}
	}

	// Under the lock only. Those that remember nothing go first: where a request may have
	// one, only when there are too many, for it may have something to remember soon.
	private void forget() {
		this.forgottenHere.values().removeIf((used) -> used.refersTo(null));
		for (String name : List.copyOf(this.leaving.keySet())) {
			if (this.sought && this.leaving.size() <= MAX_LEAVING) {
				return;
			}
			if (!this.remembers.test(Objects.requireNonNull(this.leaving.get(name)))) {
				forget(name);
			}
		}
		while (this.leaving.size() > MAX_LEAVING) {
			forget(this.leaving.keySet().iterator().next());
		}
	}

	private void forget(String name) {
		S state = this.leaving.remove(name);
		if (state != null) {
			if (this.sought) {
				this.forgottenHere.put(name, new WeakReference<>(state));
			}
			this.forgotten.accept(state);
		}
	}

}
