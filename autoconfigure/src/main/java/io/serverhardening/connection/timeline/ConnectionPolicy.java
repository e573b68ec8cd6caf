package io.serverhardening.connection.timeline;

import io.serverhardening.CountLimit;
import io.serverhardening.Mode;
import io.serverhardening.Timeout;

/**
 * What a connection may cost before, between and after requests.
 *
 * @param maxOpen how many connections a server keeps
 * @param maxOpenPerClient how many of them one client may have
 * @param handshakeTimeout accept → TLS established
 * @param headerTimeout accept, or a later request's first byte → end of headers
 * @param idleTimeout response done → next request's first byte
 * @param writeTimeout something to write → the client takes some of it, where no response
 * is watched
 * @param upgradedIdleTimeout nothing either way on a WebSocket or an event stream
 * @param maxPipelined how many requests may wait behind a running one on HTTP/1.1
 * @param strict whether what the RFCs have a server refuse is refused where the codec is
 * lenient
 * @param mode whether connections beyond a cap are closed or only counted
 */
public record ConnectionPolicy(CountLimit maxOpen, CountLimit maxOpenPerClient, Timeout handshakeTimeout,
		Timeout headerTimeout, Timeout idleTimeout, Timeout writeTimeout, Timeout upgradedIdleTimeout,
		CountLimit maxPipelined, boolean strict, Mode mode) {

}
