package io.serverhardening.testing;

import java.util.function.UnaryOperator;

import reactor.netty.http.server.HttpServer;

/**
 * Puts something of the application's own on its server.
 */
@FunctionalInterface
public interface ServerSetting extends UnaryOperator<HttpServer> {

}
