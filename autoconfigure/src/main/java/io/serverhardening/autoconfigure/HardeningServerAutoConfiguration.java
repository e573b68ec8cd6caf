package io.serverhardening.autoconfigure;

import io.serverhardening.route.Routes;
import reactor.netty.http.server.HttpServer;

import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.context.annotation.Import;

/**
 * Hardens the server, where it is Reactor Netty. A test of a slice has none.
 */
@AutoConfiguration(after = HardeningAutoConfiguration.class)
@ConditionalOnClass(HttpServer.class)
@ConditionalOnBean(Routes.class)
@Import(NettyConfiguration.class)
public final class HardeningServerAutoConfiguration {

}
