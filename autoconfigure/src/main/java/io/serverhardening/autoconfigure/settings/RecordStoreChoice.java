package io.serverhardening.autoconfigure.settings;

/**
 * Where messages are remembered.
 */
public enum RecordStoreChoice {

	/**
	 * In Redis where there is a reactive connection factory, else in memory.
	 */
	AUTO,

	/**
	 * In Redis, for all instances.
	 */
	REDIS,

	/**
	 * In this process.
	 */
	MEMORY

}
