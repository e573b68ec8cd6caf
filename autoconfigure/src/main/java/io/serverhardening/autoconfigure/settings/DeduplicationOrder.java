package io.serverhardening.autoconfigure;

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

	Stage stage() {
		return this.stage;
	}

}
