package io.serverhardening.autoconfigure.server;

import java.time.Duration;
import java.util.function.UnaryOperator;

import reactor.netty.http.server.HttpServer;
import reactor.netty.resources.LoopResources;

import org.springframework.aop.framework.AopInfrastructureBean;

/**
 * Event loops of its own for a management server of its own: those of the application may
 * all be blocked, which is when operators come. Before everything else that customizes
 * the server, so that an application may have other plans.
 */
public final class ManagementLoops implements UnaryOperator<HttpServer>, AutoCloseable, AopInfrastructureBean {

	/** Operators are few. */
	private static final int LOOPS = 2;

	/** Who still waits for an answer when the server stops does not hold it up. */
	private static final Duration CLOSE_TIMEOUT = Duration.ofSeconds(1);

	private final LoopResources loops = LoopResources.create("server-hardening-management", 1, LOOPS, true);

	@Override
	public HttpServer apply(HttpServer server) {
		return server.runOn(this.loops);
	}

	@Override
	public void close() {
		this.loops.disposeLater(Duration.ZERO, CLOSE_TIMEOUT).subscribe();
	}

}
