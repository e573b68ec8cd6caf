package io.serverhardening.autoconfigure;

import io.serverhardening.autoconfigure.settings.HardeningProperties;
import reactor.netty.http.server.HttpServer;

import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnProperty;
import org.springframework.boot.autoconfigure.condition.ConditionalOnWebApplication;
import org.springframework.context.annotation.Import;

/**
 * Hardens the server, where it is Reactor Netty. A test of a slice has none. Before the
 * rest of the starter: of the decorators of Spring's handler, the edge is to come last.
 */
@AutoConfiguration(before = HardeningAutoConfiguration.class)
@ConditionalOnClass(HttpServer.class)
@ConditionalOnWebApplication(type = ConditionalOnWebApplication.Type.REACTIVE)
@ConditionalOnProperty(prefix = HardeningProperties.PREFIX, name = "enabled", matchIfMissing = true)
@Import(NettyConfiguration.class)
public final class HardeningServerAutoConfiguration {

}
