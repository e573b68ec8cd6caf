package io.serverhardening.testing;

import reactor.core.publisher.Mono;

/**
 * What code of an application may do instead of what it is asked.
 */
public enum Planted {

	/** What everybody expects. */
	EXCEPTION,

	/** Caught by those that catch {@link Throwable}. */
	ASSERTION_ERROR,

	/** Fatal, as Reactor has it. */
	STACK_OVERFLOW,

	/** Fatal, as Reactor has it. */
	LINKAGE_ERROR,

	/** Fatal, as Reactor has it. */
	OUT_OF_MEMORY,

	/** An error that is signalled. */
	SIGNALLED,

	/** Nothing where something is required. */
	NULL,

	/** A quarter of a second of the thread's time. */
	BLOCKS,

	/** Something that is never answered. */
	NEVER;

	private static final long BLOCKED_MILLIS = 250;

	/**
	 * Misbehave.
	 */
	public void act() {
		switch (this) {
			case EXCEPTION -> throw new IllegalStateException("planted");
			case ASSERTION_ERROR -> throw new AssertionError("planted");
			case STACK_OVERFLOW -> overflow(0);
			case LINKAGE_ERROR -> throw new NoClassDefFoundError("planted");
			case OUT_OF_MEMORY -> throw new OutOfMemoryError("planted");
			case BLOCKS -> Pause.millis(BLOCKED_MILLIS);
			default -> {
			}
		}
	}

	/**
	 * Misbehave where something is to come later.
	 * @param <T> its type
	 * @param otherwise what comes where it blocks only
	 * @return what is planted
	 */
	public <T> Mono<T> later(Mono<T> otherwise) {
		act();
		return switch (this) {
			case SIGNALLED -> Mono.error(new IllegalStateException("planted"));
			case NULL -> null;
			case NEVER -> Mono.never();
			default -> otherwise;
		};
	}

	private static int overflow(int depth) {
		return (depth < Integer.MAX_VALUE) ? overflow(depth + 1) + 1 : depth;
	}

	/**
	 * Throw anything.
	 * @param <E> the type of what is thrown
	 * @param ex what is thrown
	 * @throws E always
	 */
	@SuppressWarnings({ "unchecked", "DoNotCallSuggester" })
	public static <E extends Throwable> void sneak(Throwable ex) throws E {
		throw (E) ex;
	}

}
