package io.serverhardening.autoconfigure.boot4;

import io.serverhardening.autoconfigure.server.ManagementLoops;
import io.serverhardening.autoconfigure.server.ServerHardening;
import reactor.netty.http.server.HttpServer;

import org.springframework.boot.actuate.autoconfigure.web.ManagementContextConfiguration;
import org.springframework.boot.actuate.autoconfigure.web.ManagementContextType;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.reactor.netty.NettyReactiveWebServerFactory;
import org.springframework.context.annotation.Bean;
import org.springframework.core.Ordered;

/**
 * The caps and clocks of sockets on a management server of its own: Boot's customizers do
 * not reach across. It has no guards, and a count of connections and event loops of its
 * own, so that operators get in while the application is full or blocked.
 */
@ManagementContextConfiguration(value = ManagementContextType.CHILD, proxyBeanMethods = false)
@ConditionalOnClass({ HttpServer.class, NettyReactiveWebServerFactory.class })
@ConditionalOnBean(ServerHardening.class)
public final class Boot4ManagementConfiguration {

	@Bean
	ManagementLoops hardeningManagementLoops() {
		return new ManagementLoops();
	}

	@Bean
	ServerCustomizer hardeningManagementLoopsCustomizer(ManagementLoops loops) {
		return new ServerCustomizer(loops, Ordered.HIGHEST_PRECEDENCE);
	}

	@Bean
	ServerCustomizer hardeningManagementServerCustomizer(ServerHardening hardening) {
		return new ServerCustomizer(hardening, Ordered.LOWEST_PRECEDENCE);
	}

}
