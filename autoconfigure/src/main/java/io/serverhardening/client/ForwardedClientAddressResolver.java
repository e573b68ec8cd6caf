package io.serverhardening.client;

import java.net.InetAddress;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.atomic.LongAdder;

import io.serverhardening.ClientAddress;
import io.serverhardening.ClientAddressResolver;
import org.jspecify.annotations.Nullable;

import org.springframework.aop.framework.AopInfrastructureBean;
import org.springframework.http.server.reactive.ServerHttpRequest;

/**
 * Takes the peer of the connection for the client, unless it is a trusted proxy that says
 * on whose behalf it asks.
 */
public final class ForwardedClientAddressResolver implements ClientAddressResolver, AopInfrastructureBean {

	private final ClientPolicy policy;

	private final boolean rewritten;

	/** Whether a trusted proxy has sent the one header without the other. */
	private volatile boolean forwardedAlone;

	private volatile boolean forwardedForAlone;

	private final LongAdder untrusted = new LongAdder();

	private final LongAdder contradictory = new LongAdder();

	/**
	 * Create the resolver.
	 * @param policy whom to believe
	 * @param rewritten whether the server or Spring puts forwarded addresses into
	 * requests ({@code server.forward-headers-strategy}): where the connection cannot be
	 * asked, nobody then knows the peer
	 */
	public ForwardedClientAddressResolver(ClientPolicy policy, boolean rewritten) {
		this.policy = policy;
		this.rewritten = rewritten;
	}

	@Override
	public @Nullable ClientAddress resolve(ServerHttpRequest request) {
		PeerRequest peerRequest = PeerRequest.of(request);
		InetAddress peer = (this.rewritten && !peerRequest.isOriginal()) ? null : peerRequest.peer();
		if (peer == null) {
			return null;
		}
		InetAddress client = client(peer, peerRequest);
		if (client == null) {
			return null;
		}
		InetAddress key = this.policy.client(client);
		return new ClientAddress(client, key);
	}

	private @Nullable InetAddress client(InetAddress peer, PeerRequest request) {
		List<String> forwarded = request.header(PeerRequest.FORWARDED);
		List<String> forwardedFor = request.header(PeerRequest.X_FORWARDED_FOR);
		if (forwarded.isEmpty() && forwardedFor.isEmpty()) {
			return peer;
		}
		if (!this.policy.trusts(peer)) {
			this.untrusted.increment();
			return peer;
		}
		InetAddress byForwarded = ForwardedPath.walk(peer, forwarded, ForwardedPath::forwardedFor, this.policy);
		InetAddress byForwardedFor = ForwardedPath.walk(peer, forwardedFor, (element) -> element, this.policy);
		if (forwarded.isEmpty()) {
			if (!this.forwardedForAlone) {
				this.forwardedForAlone = true;
			}
			return byForwardedFor;
		}
		if (forwardedFor.isEmpty()) {
			if (!this.forwardedAlone) {
				this.forwardedAlone = true;
			}
			return byForwarded;
		}
		if (Objects.equals(byForwarded, byForwardedFor)) {
			return byForwarded;
		}
		this.contradictory.increment();
		// A proxy writes one of the two, always, and passes the other on as the client
		// sent it: what has come alone is the proxy's. A client that adds the other would
		// otherwise be counted elsewhere.
		if (this.forwardedForAlone != this.forwardedAlone) {
			return this.forwardedForAlone ? byForwardedFor : byForwarded;
		}
		// Which of them is the client's cannot be told, so neither is believed; nor is
		// the proxy the client, whose address may open doors.
		return null;
	}

	/**
	 * Return whom this resolver believes.
	 * @return the policy
	 */
	public ClientPolicy policy() {
		return this.policy;
	}

	/**
	 * Return how often forwarding headers of untrusted peers were ignored.
	 * @return the count since the start
	 */
	public long untrustedCount() {
		return this.untrusted.sum();
	}

	/**
	 * Return how often a trusted proxy sent two headers that name different clients.
	 * @return the count since the start
	 */
	public long contradictoryCount() {
		return this.contradictory.sum();
	}

}
