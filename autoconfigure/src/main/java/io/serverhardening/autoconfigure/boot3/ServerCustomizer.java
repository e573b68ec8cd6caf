package io.serverhardening.autoconfigure.boot3;

import java.util.function.UnaryOperator;

import reactor.netty.http.server.HttpServer;

import org.springframework.aop.framework.AopInfrastructureBean;
import org.springframework.boot.web.embedded.netty.NettyReactiveWebServerFactory;
import org.springframework.boot.web.server.WebServerFactoryCustomizer;
import org.springframework.core.Ordered;

/**
 * Has something put on a server of Reactor Netty's.
 *
 * @param customizer what is put on it
 * @param order first or last
 */
record ServerCustomizer(UnaryOperator<HttpServer> customizer, int order)
		implements
			WebServerFactoryCustomizer<NettyReactiveWebServerFactory>,
			Ordered,
			AopInfrastructureBean {

	@Override
	public int getOrder() {
		return this.order;
	}

	@Override
	public void customize(NettyReactiveWebServerFactory factory) {
		factory.addServerCustomizers(this.customizer::apply);
	}

}
