package io.serverhardening.testing.line;

import io.serverhardening.testing.ServerSetting;

import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.autoconfigure.condition.ConditionalOnProperty;
import org.springframework.boot.reactor.netty.NettyReactiveWebServerFactory;
import org.springframework.boot.reactor.netty.NettyServerCustomizer;
import org.springframework.boot.tomcat.reactive.TomcatReactiveWebServerFactory;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.http.client.ReactorResourceFactory;

/**
 * The server, as Spring Boot would make it if Tomcat were not there for the tests that
 * want it.
 */
@Configuration(proxyBeanMethods = false)
public class TestNetty {

	@Bean
	@ConditionalOnProperty(name = "test.server", havingValue = "netty", matchIfMissing = true)
	NettyReactiveWebServerFactory netty(ReactorResourceFactory resources,
			ObjectProvider<NettyServerCustomizer> customizers, ObjectProvider<ServerSetting> settings) {
		NettyReactiveWebServerFactory factory = new NettyReactiveWebServerFactory();
		factory.setResourceFactory(resources);
		factory.getServerCustomizers().addAll(customizers.orderedStream().toList());
		settings.orderedStream().forEach((setting) -> factory.addServerCustomizers(setting::apply));
		return factory;
	}

	@Bean
	@ConditionalOnProperty(name = "test.server", havingValue = "tomcat")
	TomcatReactiveWebServerFactory tomcat() {
		return new TomcatReactiveWebServerFactory();
	}

}
