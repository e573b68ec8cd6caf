package io.serverhardening.autoconfigure.server;

import java.time.Duration;

import reactor.netty.resources.LoopResources;

import org.springframework.boot.web.embedded.netty.NettyReactiveWebServerFactory;
import org.springframework.boot.web.server.WebServerFactoryCustomizer;
import org.springframework.core.Ordered;

/**
 * Event loops of its own for a management server of its own: those of the application may
 * all be blocked, which is when operators come. Before everything else that customizes
 * the server, so that an application may have other plans.
 */
public final class ManagementLoops
		implements WebServerFactoryCustomizer<NettyReactiveWebServerFactory>, Ordered, AutoCloseable {

	/** Operators are few. */
	private static final int LOOPS = 2;

	/** Who still waits for an answer when the server stops does not hold it up. */
	private static final Duration CLOSE_TIMEOUT = Duration.ofSeconds(1);

	private final LoopResources loops = LoopResources.create("server-hardening-management", 1, LOOPS, true);

	@Override
	public int getOrder() {
		return Ordered.HIGHEST_PRECEDENCE;
	}

	@Override
	public void customize(NettyReactiveWebServerFactory factory) {
		factory.addServerCustomizers((server) -> server.runOn(this.loops));
	}

	@Override
	public void close() {
		this.loops.disposeLater(Duration.ZERO, CLOSE_TIMEOUT).subscribe();
	}

}
