package io.serverhardening.connection;

import java.util.Map;
import java.util.Objects;

import io.netty.channel.AdaptiveRecvByteBufAllocator;
import io.netty.channel.Channel;
import io.netty.channel.ChannelOption;
import io.netty.channel.epoll.EpollSocketChannel;
import io.netty.channel.socket.nio.NioChannelOption;
import io.netty.channel.socket.nio.NioSocketChannel;
import io.netty.handler.codec.http2.Http2StreamChannel;
import io.serverhardening.client.ClientPolicy;
import io.serverhardening.connection.http2.ResetLimit;
import io.serverhardening.connection.registry.Connections;
import io.serverhardening.connection.timeline.ConnectionPolicy;
import io.serverhardening.internal.channel.Wire;
import io.serverhardening.internal.time.LoopClocks;
import jdk.net.ExtendedSocketOptions;
import reactor.netty.Connection;
import reactor.netty.ConnectionObserver;
import reactor.netty.http.Http2SettingsSpec;
import reactor.netty.http.server.HttpServer;

import org.springframework.util.ClassUtils;

/**
 * Puts the caps and clocks of connections on a server.
 */
public final class SocketGuard implements ConnectionObserver {

	/**
	 * What the kernel takes ahead of what it can send. With its own default, a slow
	 * reader shows progress in bursts of megabytes, minutes apart.
	 */
	private static final int NOT_SENT_LOW_WATER_MARK = 16 * 1024;

	/** The same where only the size of the whole send buffer can be set. */
	private static final int SEND_BUFFER = 64 * 1024;

	/**
	 * Seconds of silence after which TCP asks whether the peer is there: nginx'
	 * so_keepalive has the kernel's 2 h.
	 */
	private static final int KEEP_ALIVE_AFTER = 300;

	private static final int KEEP_ALIVE_EVERY = 60;

	private static final int KEEP_ALIVE_TRIES = 5;

	/**
	 * What the codec's limit of the resets that it writes is set to where
	 * {@link ResetLimit} takes its place.
	 */
	public static final int RESETS_LIMITED_HERE = Integer.MAX_VALUE;

	/**
	 * How often one connection is read before the others of its loop have their turn, 64
	 * KB at a time. Netty has 16: of pings or the small frames of HTTP/2, which cost a
	 * hundred times what their bytes do, a megabyte takes a second.
	 */
	private static final int READS = 1;

	private static final boolean EPOLL = ClassUtils.isPresent("io.netty.channel.epoll.EpollSocketChannel",
			SocketGuard.class.getClassLoader());

	private final ClientPolicy clients;

	private final Connections connections;

	private final LoopClocks clocks;

	private volatile ConnectionPolicy policy;

	private volatile boolean paced;

	/**
	 * Create the guard.
	 * @param policy the caps and clocks
	 * @param clients who counts as one client
	 * @param connections where connections are counted
	 * @param clocks the clocks of the event loops
	 * @param paced whether the pace of responses is watched
	 */
	public SocketGuard(ConnectionPolicy policy, ClientPolicy clients, Connections connections, LoopClocks clocks,
			boolean paced) {
		this.policy = policy;
		this.clients = clients;
		this.connections = connections;
		this.clocks = clocks;
		this.paced = paced;
	}

	/**
	 * Take another policy, for connections that are accepted from now on.
	 * @param policy the caps and clocks
	 * @param paced whether the pace of responses is watched
	 */
	public void apply(ConnectionPolicy policy, boolean paced) {
		this.policy = policy;
		this.paced = paced;
	}

	/**
	 * Return what the next connection is accepted by.
	 * @return the caps and clocks
	 */
	public ConnectionPolicy policy() {
		return this.policy;
	}

	/**
	 * Guard a server. Each has a count of its own: where management has its own port,
	 * operators get in while the application is full.
	 * @param server the server
	 * @return the guarded server
	 */
	public HttpServer guard(HttpServer server) {
		Map<ChannelOption<?>, ?> options = server.configuration().childOptions();
		boolean keepAlive = !options.containsKey(ChannelOption.SO_KEEPALIVE);
		boolean limitsReads = !options.containsKey(ChannelOption.RCVBUF_ALLOCATOR);
		Http2SettingsSpec http2 = server.configuration().http2SettingsSpec();
		boolean limitsResets = http2 != null
				&& Objects.equals(http2.maxEncodedRstFramesPerWindow(), RESETS_LIMITED_HERE);
		return server
			.doOnBound((bound) -> bound.channel()
				.pipeline()
				.addFirst(new AcceptGate(this.connections, this::policy, this.clients)))
			.doOnChannelInit((observer, channel, address) -> {
				if (keepAlive) {
					keepAlive(channel);
				}
				if (limitsReads) {
					channel.config()
						.setRecvByteBufAllocator(new AdaptiveRecvByteBufAllocator().maxMessagesPerRead(READS));
				}
				watch(channel, limitsResets);
			})
			.childObserve(this);
	}

	private void watch(Channel channel, boolean limitsResets) {
		ReadTurns.install(channel);
		if (this.paced) {
			limitSendBuffer(channel);
		}
		ConnectionInstaller.install(channel, this.connections, this.policy, this.clocks.of(channel.eventLoop()),
				limitsResets);
	}

	// Where nothing is timed, such as on a WebSocket, a peer that has vanished without a
	// word would cost a descriptor for ever.
	private static void keepAlive(Channel channel) {
		if (EPOLL && channel instanceof EpollSocketChannel socket) {
			socket.config()
				.setKeepAlive(true)
				.setTcpKeepIdle(KEEP_ALIVE_AFTER)
				.setTcpKeepIntvl(KEEP_ALIVE_EVERY)
				.setTcpKeepCnt(KEEP_ALIVE_TRIES);
		}
		else if (channel instanceof NioSocketChannel socket) {
			socket.config().setKeepAlive(true);
			socket.config().setOption(NioChannelOption.of(ExtendedSocketOptions.TCP_KEEPIDLE), KEEP_ALIVE_AFTER);
			socket.config().setOption(NioChannelOption.of(ExtendedSocketOptions.TCP_KEEPINTERVAL), KEEP_ALIVE_EVERY);
			socket.config().setOption(NioChannelOption.of(ExtendedSocketOptions.TCP_KEEPCOUNT), KEEP_ALIVE_TRIES);
		}
	}

	private static void limitSendBuffer(Channel channel) {
		if (EPOLL && channel instanceof EpollSocketChannel socket) {
			socket.config().setTcpNotSentLowAt(NOT_SENT_LOW_WATER_MARK);
		}
		else if (channel instanceof io.netty.channel.socket.SocketChannel socket) {
			socket.config().setSendBufferSize(SEND_BUFFER);
		}
	}

	@Override
	public void onStateChange(Connection connection, State state) {
		if (state != State.CONFIGURED && state != State.DISCONNECTING) {
			return;
		}
		if (Wire.of(connection.channel()) instanceof ConnectionHandler handler) {
			if (connection.channel() instanceof Http2StreamChannel stream) {
				if (state == State.CONFIGURED) {
					handler.exchanges().frames().requested(stream);
				}
			}
			else if (state == State.CONFIGURED) {
				handler.exchanges().brake().requestConfigured();
			}
			else {
				handler.exchanges().brake().requestDone();
			}
		}
	}

}
