package io.serverhardening.autoconfigure.server;

import java.util.function.UnaryOperator;

import io.serverhardening.client.ForgottenProxyWatch;
import io.serverhardening.connection.SocketGuard;
import io.serverhardening.request.RequestBodies;
import io.serverhardening.response.ResponseChannels;
import reactor.netty.http.server.HttpServer;

import org.springframework.aop.framework.AopInfrastructureBean;

/**
 * Puts what watches sockets on a server of Reactor Netty, after everything that Boot and
 * the application have set on it: what they set is read here and not set again.
 */
public final class ServerHardening implements UnaryOperator<HttpServer>, AopInfrastructureBean {

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

	@Override
	public HttpServer apply(HttpServer server) {
		HttpServer hardened = this.sockets.guard(NettySettings.applyTo(server, this.settings));
		// In this order: who counts streams, who measures what comes, who measures what
		// goes.
		RequestBodies requests = this.requests.withMaxLine(server.configuration().decoder().maxInitialLineLength());
		return hardened.childObserve(requests).childObserve(this.responses).childObserve(this.proxies);
	}

}
