package io.serverhardening.autoconfigure.settings;

import io.serverhardening.Stage;

/**
 * Where the messages of a route are deduplicated.
 */
public enum DeduplicationOrder {

	/**
	 * After Spring Security, before the application's other filters.
	 */
	IDENTITY(Stage.IDENTITY),

	/**
	 * After the application's own filters: whom they refuse gets no replay.
	 */
	LAST(Stage.LAST);

	private final Stage stage;

	DeduplicationOrder(Stage stage) {
		this.stage = stage;
	}

	/**
	 * Return the stage of the guard.
	 * @return the stage
	 */
	public Stage stage() {
		return this.stage;
	}

}
