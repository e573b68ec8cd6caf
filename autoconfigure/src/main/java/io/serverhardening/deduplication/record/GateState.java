package io.serverhardening.deduplication.record;

/**
 * What a {@link StoreGate} knows of its store.
 */
enum GateState {

	/** Nothing, and nobody asks it. */
	NEW(false, true),

	/** It has failed, or was not asked yet, and is being probed. */
	SHUT(false, false),

	/** It is being probed, and a probe has failed as well. */
	DOWN(false, false),

	/** It works. */
	OPEN(true, true),

	/** It has failed, and nobody could be found to probe it. */
	UNATTENDED(true, true),

	/** It is not asked any more. */
	CLOSED(false, false);

	private final boolean open;

	private final boolean news;

	GateState(boolean open, boolean news) {
		this.open = open;
		this.news = news;
	}

	/**
	 * Whether the store may be asked.
	 * @return {@code false} while it is down
	 */
	boolean isOpen() {
		return this.open;
	}

	/**
	 * Whether it is news that a step has failed.
	 * @return {@code false} while the store is being probed, or not asked any more
	 */
	boolean isNews() {
		return this.news;
	}

}
