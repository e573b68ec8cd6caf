package io.serverhardening.route.chain;

import org.springframework.web.server.adapter.HttpWebHandlerAdapter;

/**
 * Copies what only some lines of Spring can set on an adapter.
 */
@FunctionalInterface
public interface AdapterSettings {

	/**
	 * Where there is nothing more.
	 */
	AdapterSettings NONE = (from, to) -> {
	};

	/**
	 * Copy it.
	 * @param from the adapter of the application
	 * @param to the adapter that takes its place
	 */
	void copy(HttpWebHandlerAdapter from, HttpWebHandlerAdapter to);

}
