package io.serverhardening.response.pace;

import java.net.InetSocketAddress;
import java.util.concurrent.TimeUnit;

import io.netty.channel.Channel;
import io.netty.channel.ChannelOutboundBuffer;
import io.netty.channel.socket.SocketChannel;
import io.serverhardening.internal.channel.Wire;
import org.jspecify.annotations.Nullable;

import org.springframework.util.ClassUtils;

/**
 * What flows out of a connection. With the native transport the kernel is asked what the
 * client has acknowledged. Without, only what the kernel has taken is known, and that at
 * least half of its buffer is full while more waits: it asks for more when a third is
 * free.
 */
public final class SocketOutflow implements Outflow {

	private static final boolean EPOLL = ClassUtils.isPresent("io.netty.channel.epoll.EpollSocketChannel",
			SocketOutflow.class.getClassLoader());

	/**
	 * From another host a window opens again by one segment or by a sixteenth of the
	 * buffer, whichever is more. Proxies read in pieces of 4 to 32 KB.
	 */
	private static final long REMOTE_BURST = 64 * 1024;

	private final Wire wire;

	private final Channel channel;

	private @Nullable TcpInfo info;

	/** What waits in the kernel, at least, while more waits here; -1 if not known yet. */
	private long buffered = -1;

	public SocketOutflow(Wire wire, Channel channel) {
		this.wire = wire;
		this.channel = channel;
	}

	@Override
	public long unsent() {
		this.wire.watched();
		return Wire.unsent(this.channel);
	}

	// What is written and not flushed cannot be sent yet, and will be.
	@Override
	public boolean isDone() {
		ChannelOutboundBuffer buffer = this.channel.unsafe().outboundBuffer();
		return buffer == null || buffer.totalPendingWriteBytes() == 0;
	}

	@Override
	public long burst() {
		if (!isRemote()) {
			return BURST;
		}
		// Where the kernel is not asked, what it has taken comes on top.
		return (EPOLL && TcpInfo.isKnownOf(this.channel)) ? REMOTE_BURST : REMOTE_BURST + 2 * buffered();
	}

	private boolean isRemote() {
		return this.channel.remoteAddress() instanceof InetSocketAddress peer
				&& this.channel.localAddress() instanceof InetSocketAddress own && !peer.isUnresolved()
				&& !peer.getAddress().isLoopbackAddress() && !peer.getAddress().equals(own.getAddress());
	}

	@Override
	public long taken() {
		this.info = EPOLL ? TcpInfo.of(this.channel) : null;
		if (this.info != null) {
			return this.info.acknowledged();
		}
		return Math.max(0, this.wire.written() - unsent() - buffered());
	}

	private long buffered() {
		if (this.buffered < 0) {
			this.buffered = (this.channel instanceof SocketChannel socket && socket.isActive())
					? socket.config().getSendBufferSize() / 2 : 0;
		}
		return this.buffered;
	}

	@Override
	public long unanswered() {
		TcpInfo info = this.info;
		return (info != null && info.isMute()) ? TimeUnit.MILLISECONDS.toNanos(info.sinceAcknowledgement()) : 0;
	}

}
