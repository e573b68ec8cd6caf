package io.serverhardening.client;

import java.net.InetAddress;
import java.util.concurrent.atomic.AtomicInteger;

import io.serverhardening.client.PeerRequest.NettyPeerRequest;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import reactor.netty.Connection;
import reactor.netty.ConnectionObserver;
import reactor.netty.http.server.HttpServerRequest;
import reactor.netty.http.server.HttpServerState;

/**
 * Looks whether forwarding headers come from peers that are not trusted, and says so
 * once: nearly always a proxy that was forgotten in the configuration. Only the first
 * requests are looked at; later ones are more likely an attacker's.
 */
public final class ForgottenProxyWatch implements ConnectionObserver {

	private static final Log logger = LogFactory.getLog(ForgottenProxyWatch.class);

	private static final int WATCHED_REQUESTS = 1000;

	private final ClientPolicy policy;

	private final AtomicInteger left = new AtomicInteger(WATCHED_REQUESTS);

	/**
	 * Create the watch.
	 * @param policy whom to trust
	 */
	public ForgottenProxyWatch(ClientPolicy policy) {
		this.policy = policy;
	}

	@Override
	public void onStateChange(Connection connection, State state) {
		if (state == HttpServerState.REQUEST_RECEIVED && this.left.get() > 0
				&& connection instanceof HttpServerRequest request) {
			look(new NettyPeerRequest(request));
		}
	}

	void look(PeerRequest request) {
		InetAddress peer = request.peer();
		if (peer == null || !request.isForwarded() || this.policy.trusts(peer)) {
			this.left.decrementAndGet();
		}
		else if (this.left.getAndSet(0) > 0) {
			logger.warn("Forwarding headers came from " + peer.getHostAddress() + ", which is not a trusted proxy. The "
					+ "headers are ignored, and all clients behind that address count as one. If a proxy of yours has "
					+ "that address, add the address to server.hardening.client.trusted-proxies");
		}
	}

}
