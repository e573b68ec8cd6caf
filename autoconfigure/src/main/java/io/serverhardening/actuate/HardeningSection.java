package io.serverhardening.actuate;

/**
 * One section of {@code /actuator/hardening}.
 */
public interface HardeningSection {

	/**
	 * Return the name of the section, which is the name of the feature's property group.
	 * @return the name
	 */
	String name();

	/**
	 * Describe what is in force and what is happening.
	 * @return maps, lists and values, in a stable order, with units, without nulls and
	 * without secrets
	 */
	Object describe();

}
