package io.serverhardening.testing.line;

import io.serverhardening.route.chain.AdapterSettings;
import io.serverhardening.testing.TestServer;
import reactor.netty.http.server.HttpServer;

import org.springframework.boot.autoconfigure.web.servlet.ServletWebServerFactoryAutoConfiguration;
import org.springframework.boot.web.embedded.netty.NettyReactiveWebServerFactory;
import org.springframework.boot.web.embedded.netty.NettyServerCustomizer;
import org.springframework.boot.web.reactive.error.ErrorWebExceptionHandler;
import org.springframework.boot.web.server.WebServerFactoryCustomizer;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.web.server.adapter.HttpWebHandlerAdapter;

/**
 * This line of Spring Boot.
 */
public final class BootLine {

	/** The status of a preflight that nothing allows: Spring 6 refuses it. */
	public static final int PREFLIGHT = 403;

	private BootLine() {
	}

	/**
	 * Return what Spring Boot has made of a server.
	 * @param server the server
	 * @return the same, not bound
	 */
	public static HttpServer built(TestServer server) {
		HttpServer built = HttpServer.create();
		for (NettyServerCustomizer customizer : server.bean(NettyReactiveWebServerFactory.class)
			.getServerCustomizers()) {
			built = customizer.apply(built);
		}
		return built;
	}

	/**
	 * Return what makes a server for Spring MVC.
	 * @return a configuration
	 */
	public static Class<?> servletServer() {
		return ServletWebServerFactoryAutoConfiguration.class;
	}

	/**
	 * Return what this line can set on Spring's adapter, and others cannot.
	 * @return copies it
	 */
	public static AdapterSettings adapterSettings() {
		return AdapterSettings.NONE;
	}

	/**
	 * Set on an adapter what this line can set, and others cannot.
	 * @param adapter the adapter
	 */
	public static void setMore(HttpWebHandlerAdapter adapter) {
		// Spring 6 has nothing more.
	}

	/**
	 * Answers errors in Spring Boot's place.
	 */
	@FunctionalInterface
	public interface ErrorHandler extends ErrorWebExceptionHandler {

	}

	/**
	 * Sets something of HTTP/2 after Spring Boot.
	 */
	@Configuration(proxyBeanMethods = false)
	public static class LateSettings {

		@Bean
		WebServerFactoryCustomizer<NettyReactiveWebServerFactory> late() {
			return (factory) -> factory.addServerCustomizers((server) -> server
				.http2Settings((settings) -> settings.maxConcurrentStreams(33).maxHeaderListSize(12 * 1024)));
		}

	}

}
