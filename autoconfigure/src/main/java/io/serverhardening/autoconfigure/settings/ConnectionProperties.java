package io.serverhardening.autoconfigure.settings;

import io.serverhardening.CountLimit;
import io.serverhardening.Mode;
import io.serverhardening.Timeout;
import org.jspecify.annotations.Nullable;

import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * What a connection may cost before, between and after requests.
 *
 * @param maxOpen How many connections the server keeps; a newcomer beyond it is reset at
 * once. Half of the process's file-descriptor limit by default: the other half is for
 * files, logs and outbound calls. A management server on its own port has its own count.
 * @param maxOpenPerClient How many of them one client may have; a newcomer beyond it is
 * reset at once. Trusted proxies are exempt. None by default: behind one address may be a
 * whole company, or a mobile network.
 * @param handshakeTimeout Accept → TLS established; on expiry the connection is closed.
 * The default is Netty's, which stays in force: a longer time has no effect.
 * @param idleTimeout Response done → next request's first byte; on expiry the connection
 * is closed, on HTTP/2 with GOAWAY. Announced to HTTP/1.1 clients as Keep-Alive: timeout.
 * Defaults to server.netty.idle-timeout where that is set. The default matches nginx
 * (keepalive_timeout), and is above the 60 s for which balancers reuse a connection.
 * @param upgradedIdleTimeout Nothing either way on a WebSocket or an HTTP/1.1 event
 * stream for this long; on expiry the connection is closed. A WebSocket is sent a ping at
 * half of it. None by default: how long either may be silent is for the application to
 * say; nginx closes a WebSocket after 60 s (proxy_read_timeout).
 * @param maxRequests How many HTTP/1.1 requests one connection may carry; the last
 * response says Connection: close. Defaults to server.netty.max-keep-alive-requests where
 * that is set.
 * @param maxPipelined How many HTTP/1.1 requests may wait behind a running one; beyond it
 * the socket is not read. Browsers do not pipeline at all.
 * @param mode Whether connections beyond max-open and max-open-per-client are closed or
 * only counted and logged. Defaults to server.hardening.mode.
 */
public record ConnectionProperties(@Nullable CountLimit maxOpen, @DefaultValue("none") CountLimit maxOpenPerClient,
		@DefaultValue("10s") Timeout handshakeTimeout, @Nullable Timeout idleTimeout,
		@DefaultValue("none") Timeout upgradedIdleTimeout, @Nullable CountLimit maxRequests,
		@DefaultValue("16") CountLimit maxPipelined, @Nullable Mode mode) {

}
