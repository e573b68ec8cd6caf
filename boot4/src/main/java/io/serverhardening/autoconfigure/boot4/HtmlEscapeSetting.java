package io.serverhardening.autoconfigure.boot4;

import io.serverhardening.route.chain.AdapterSettings;

import org.springframework.web.server.adapter.HttpWebHandlerAdapter;

/**
 * Copies what Spring 7 can set on an adapter and Spring 6 cannot.
 */
public final class HtmlEscapeSetting implements AdapterSettings {

	@Override
	public void copy(HttpWebHandlerAdapter from, HttpWebHandlerAdapter to) {
		Boolean escape = from.getDefaultHtmlEscape();
		if (escape != null) {
			to.setDefaultHtmlEscape(escape);
		}
	}

}
