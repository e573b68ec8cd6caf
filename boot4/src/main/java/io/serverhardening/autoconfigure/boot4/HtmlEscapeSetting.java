package io.serverhardening.autoconfigure.boot4;

import io.serverhardening.route.chain.AdapterSettings;

import org.springframework.aop.framework.AopInfrastructureBean;
import org.springframework.web.server.adapter.HttpWebHandlerAdapter;

/**
 * Copies what Spring 7 can set on an adapter and Spring 6 cannot. No aspect is put around
 * it.
 */
public final class HtmlEscapeSetting implements AdapterSettings, AopInfrastructureBean {

	@Override
	public void copy(HttpWebHandlerAdapter from, HttpWebHandlerAdapter to) {
		Boolean escape = from.getDefaultHtmlEscape();
		if (escape != null) {
			to.setDefaultHtmlEscape(escape);
		}
	}

}
