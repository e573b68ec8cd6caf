package io.serverhardening.wire;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Executor;

import io.serverhardening.testing.TestServer;
import org.jspecify.annotations.Nullable;

/**
 * A way to the handlers: a server with one transport, and the client for it.
 */
enum Transport {

	HTTP1("HTTP/1.1", "native", false, false),

	HTTP1_NIO("HTTP/1.1 on NIO", "nio", false, false),

	TLS("HTTP/1.1 over TLS", "native", true, false),

	TLS_NIO("HTTP/1.1 over TLS on NIO", "nio", true, false),

	/** A server that would speak HTTP/2 as well has other handlers before HTTP/1.1. */
	HTTP1_OR_2("HTTP/1.1 where HTTP/2 is offered", "native", false, true),

	HTTP2("HTTP/2", "native", false, true),

	HTTP2_NIO("HTTP/2 on NIO", "nio", false, true),

	HTTP2_TLS("HTTP/2 over TLS", "native", true, true);

	private static final String[] SETTINGS = { "server.hardening.routes.small.path=/w/small/**",
			"server.hardening.routes.small.request.max-body-size=1KB", "server.hardening.routes.large.path=/w/large/**",
			"server.hardening.routes.large.request.max-body-size=32KB", "server.hardening.routes.free.path=/w/free/**",
			"server.hardening.routes.free.request.max-body-size=none", "server.hardening.routes.dead.path=/w/dead/**",
			"server.hardening.routes.dead.response.timeout=100ms", "server.hardening.routes.rated.path=/w/rated/**",
			"server.hardening.routes.rated.rate-limit.enabled=true",
			"server.hardening.routes.rated.rate-limit.permits=20", "server.hardening.routes.rated.rate-limit.period=1s",
			"server.hardening.routes.narrow.path=/w/narrow/**",
			"server.hardening.routes.narrow.concurrency.enabled=true",
			"server.hardening.routes.narrow.concurrency.max-requests=1",
			"server.hardening.routes.broken.path=/w/broken/**",
			"server.hardening.routes.broken.circuit-breaker.enabled=true",
			"server.hardening.routes.broken.circuit-breaker.window=10",
			"server.hardening.routes.broken.circuit-breaker.min-calls=2",
			"server.hardening.routes.broken.circuit-breaker.open-period=200ms",
			"logging.level.org.springframework.web.server.adapter.HttpWebHandlerAdapter=off",
			"logging.level.reactor=off", "logging.level.org.springframework.boot.autoconfigure.web.reactive.error=off",
			"logging.level.org.springframework.web=off", "logging.level.io.serverhardening=off" };

	private final String label;

	private final String loops;

	private final boolean secure;

	private final boolean offersHttp2;

	Transport(String label, String loops, boolean secure, boolean offersHttp2) {
		this.label = label;
		this.loops = loops;
		this.secure = secure;
		this.offersHttp2 = offersHttp2;
	}

	boolean isHttp2() {
		return this.offersHttp2 && this != HTTP1_OR_2;
	}

	/**
	 * Start a server.
	 * @return the server
	 */
	TestServer start() {
		List<String> settings = new ArrayList<>(List.of(SETTINGS));
		settings.add("test.transport=" + this.loops);
		settings.add("server.http2.enabled=" + this.offersHttp2);
		String[] all = settings.toArray(String[]::new);
		List<Class<?>> sources = List.of(MarkedHandlers.class);
		return this.secure ? TestServer.startWithTls(sources, all) : TestServer.start(sources, all);
	}

	/**
	 * Send a pipeline on a connection of its own.
	 * @param server the server
	 * @param pipeline the pipeline
	 * @param executor where to write
	 * @return what is wrong, or {@code null}
	 */
	@Nullable String run(TestServer server, Pipeline pipeline, Executor executor) {
		Pipe pipe = this.secure ? new TlsPipe(server.port(), isHttp2() ? "h2" : "http/1.1", pipeline.seed())
				: new PlainPipe(server.port());
		return isHttp2() ? new Http2Client(executor).run(pipe, pipeline)
				: new Http1Client(executor).run(pipe, pipeline);
	}

	@Override
	public String toString() {
		return this.label;
	}

}
