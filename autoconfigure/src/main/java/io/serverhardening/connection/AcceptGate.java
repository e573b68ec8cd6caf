package io.serverhardening.connection;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;

import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.socket.SocketChannel;
import io.serverhardening.Mode;
import io.serverhardening.client.ClientPolicy;
import io.serverhardening.connection.registry.Connections;
import io.serverhardening.connection.timeline.ConnectionPolicy;
import io.serverhardening.internal.channel.CloseReason;
import org.jspecify.annotations.Nullable;

/**
 * Stands in front of the acceptor of a server. A connection beyond a cap is reset before
 * anything is spent on it; accepting goes on, so that balancers see at once that this
 * server has no room rather than time out in its backlog.
 */
final class AcceptGate extends ChannelInboundHandlerAdapter {

	private final Connections connections;

	private final Supplier<ConnectionPolicy> policy;

	private final ClientPolicy clients;

	private final AtomicInteger open = new AtomicInteger();

	/** An entry lives as long as a connection of its client: at most {@code max-open}. */
	private final Map<InetAddress, Integer> openByClient = new ConcurrentHashMap<>();

	AcceptGate(Connections connections, Supplier<ConnectionPolicy> policy, ClientPolicy clients) {
		this.connections = connections;
		this.policy = policy;
		this.clients = clients;
	}

	@Override
	public void channelRead(ChannelHandlerContext context, Object message) {
		if (!(message instanceof Channel child)) {
			context.fireChannelRead(message);
			return;
		}
		ConnectionPolicy policy = this.policy.get();
		InetAddress client = client(child);
		CloseReason refusal = refusal(policy, client);
		if (refusal != null && policy.mode() == Mode.ENFORCE) {
			this.connections.refused(refusal);
			reset(child);
			return;
		}
		if (refusal != null) {
			this.connections.wouldRefuse(refusal);
		}
		this.open.incrementAndGet();
		if (client != null) {
			this.openByClient.merge(client, 1, Integer::sum);
		}
		child.closeFuture().addListener((closed) -> left(client));
		context.fireChannelRead(child);
	}

	private @Nullable CloseReason refusal(ConnectionPolicy policy, @Nullable InetAddress client) {
		if (this.open.get() >= policy.maxOpen().count()) {
			return CloseReason.MAX_OPEN;
		}
		return (client != null && this.openByClient.getOrDefault(client, 0) >= policy.maxOpenPerClient().count())
				? CloseReason.MAX_OPEN_PER_CLIENT : null;
	}

	// Behind a proxy that is trusted there are many clients.
	private @Nullable InetAddress client(Channel child) {
		if (child.remoteAddress() instanceof InetSocketAddress address && address.getAddress() != null
				&& !this.clients.trusts(address.getAddress())) {
			return this.clients.client(address.getAddress());
		}
		return null;
	}

	private void left(@Nullable InetAddress client) {
		this.open.decrementAndGet();
		if (client != null) {
			this.openByClient.computeIfPresent(client, (key, count) -> (count > 1) ? count - 1 : null);
		}
	}

	private static void reset(Channel child) {
		if (child instanceof SocketChannel socket) {
			// Linger 0 so that refused sockets do not pile up in TIME_WAIT.
			socket.config().setSoLinger(0);
		}
		child.unsafe().closeForcibly();
	}

	@Override
	public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
		if (cause instanceof IOException && String.valueOf(cause.getMessage()).contains("Too many open files")) {
			this.connections.acceptFailed(cause);
		}
		// The acceptor pauses for a second, and says nothing.
		context.fireExceptionCaught(cause);
	}

	int trackedClients() {
		return this.openByClient.size();
	}

}
