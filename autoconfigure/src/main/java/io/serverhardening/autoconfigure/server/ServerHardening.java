package io.serverhardening.autoconfigure.server;

import io.serverhardening.client.ForgottenProxyWatch;
import io.serverhardening.connection.SocketGuard;
import io.serverhardening.request.RequestBodies;
import io.serverhardening.response.ResponseChannels;
import reactor.netty.http.server.HttpServer;

import org.springframework.boot.web.embedded.netty.NettyReactiveWebServerFactory;
import org.springframework.boot.web.server.WebServerFactoryCustomizer;
import org.springframework.core.Ordered;

/**
 * Puts what watches sockets on a server of Reactor Netty, after everything that Boot and
 * the application have set on it: what they set is read here and not set again.
 */
public final class ServerHardening implements WebServerFactoryCustomizer<NettyReactiveWebServerFactory>, Ordered {

	private final ConnectionSettings settings;

	private final SocketGuard sockets;

	private final RequestBodies requests;

	private final ResponseChannels responses;

	private final ForgottenProxyWatch proxies;

	/**
	 * Create it.
	 * @param settings of connections
	 * @param sockets cap connections and time them
	 * @param requests measure bodies
	 * @param responses time responses
	 * @param proxies warn of a proxy that nobody trusts
	 */
	public ServerHardening(ConnectionSettings settings, SocketGuard sockets, RequestBodies requests,
			ResponseChannels responses, ForgottenProxyWatch proxies) {
		this.settings = settings;
		this.sockets = sockets;
		this.requests = requests;
		this.responses = responses;
		this.proxies = proxies;
	}

	/**
	 * Return the same for another server.
	 * @return what counts connections together with this one, and limits them apart
	 */
	public ServerHardening another() {
		return new ServerHardening(this.settings, this.sockets, this.requests, this.responses, this.proxies);
	}

	@Override
	public int getOrder() {
		return Ordered.LOWEST_PRECEDENCE;
	}

	@Override
	public void customize(NettyReactiveWebServerFactory factory) {
		factory.addServerCustomizers(this::harden);
	}

	private HttpServer harden(HttpServer server) {
		HttpServer hardened = this.sockets.guard(NettySettings.applyTo(server, this.settings));
		// In this order: who counts streams, who measures what comes, who measures what
		// goes.
		RequestBodies requests = this.requests.withMaxLine(server.configuration().decoder().maxInitialLineLength());
		return hardened.childObserve(requests).childObserve(this.responses).childObserve(this.proxies);
	}

}
