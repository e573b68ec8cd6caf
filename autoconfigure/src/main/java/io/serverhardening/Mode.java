package io.serverhardening;

/**
 * Whether a guard's verdict is carried out.
 */
public enum Mode {

	/**
	 * Refuse what the guard refuses.
	 */
	ENFORCE,

	/**
	 * Count and log what would have been refused, and let it through.
	 */
	OBSERVE

}
