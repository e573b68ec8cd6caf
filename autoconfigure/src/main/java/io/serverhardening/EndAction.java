package io.serverhardening;

import org.jspecify.annotations.Nullable;

/**
 * What a guard does when a request has ended.
 */
@FunctionalInterface
public interface EndAction {

	/**
	 * The response of the handler has begun: its status is known, and on its way. Not
	 * called for refusals, and on Reactor Netty only. Does nothing unless overridden.
	 */
	default void onBegun() {
	}

	/**
	 * The request has ended.
	 * @param ending how
	 * @param error what the handler signalled, for {@link Ending#FAILED} only
	 */
	void onEnd(Ending ending, @Nullable Throwable error);

}
