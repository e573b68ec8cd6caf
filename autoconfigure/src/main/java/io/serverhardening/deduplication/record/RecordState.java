package io.serverhardening.deduplication.record;

/**
 * What has become of a message.
 */
public enum RecordState {

	/**
	 * Its handler runs, or ran on an instance that has died since: its lease tells.
	 */
	PROCESSING('P'),

	/**
	 * It has been answered, and copies get the same answer.
	 */
	COMPLETED('C'),

	/**
	 * Its handler failed; the next copy is handled.
	 */
	FAILED('F'),

	/**
	 * Its handler failed too often, and is not run again.
	 */
	DEAD('D');

	private final char code;

	RecordState(char code) {
		this.code = code;
	}

	/**
	 * Return the letter that stands for it in a store.
	 * @return the letter
	 */
	public char code() {
		return this.code;
	}

	/**
	 * Return the state that a letter stands for.
	 * @param code the letter
	 * @return the state
	 * @throws IllegalArgumentException if it stands for none
	 */
	public static RecordState of(char code) {
		return switch (code) {
			case 'P' -> PROCESSING;
			case 'C' -> COMPLETED;
			case 'F' -> FAILED;
			case 'D' -> DEAD;
			default -> throw new IllegalArgumentException("No state of a message is called '" + code + "'");
		};
	}

}
