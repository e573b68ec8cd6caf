package io.serverhardening;

import org.springframework.core.Ordered;

/**
 * Where in the life of a request a {@link Guard} stands. Spring Security's filter chain
 * runs between the first two, at order {@code -100}.
 */
public enum Stage {

	/**
	 * Before Spring Security: cheap, by address and path, so that a flood is refused
	 * before anyone pays for authentication.
	 */
	EDGE(Ordered.HIGHEST_PRECEDENCE + 100),

	/**
	 * After Spring Security: the principal is known.
	 */
	IDENTITY(-90),

	/**
	 * After the application's own web filters, those without an order included: whatever
	 * they check has been checked.
	 */
	LAST(Ordered.LOWEST_PRECEDENCE);

	private final int order;

	Stage(int order) {
		this.order = order;
	}

	/**
	 * Return the order of the {@code WebFilter} that runs this stage.
	 * @return the order among the application's web filters
	 */
	public int order() {
		return this.order;
	}

}
