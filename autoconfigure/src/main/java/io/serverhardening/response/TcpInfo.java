package io.serverhardening.response;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;

import io.netty.channel.Channel;
import io.netty.channel.ChannelException;
import io.netty.channel.epoll.EpollSocketChannel;
import io.netty.channel.unix.RawUnixChannelOption;
import org.jspecify.annotations.Nullable;

/**
 * What the kernel knows of a connection: {@code struct tcp_info} of Linux. Netty's
 * {@code EpollTcpInfo} ends before what is wanted here.
 */
final class TcpInfo {

	private static final int IPPROTO_TCP = 6;

	private static final int TCP_INFO = 11;

	// Offsets in the structure, which only ever grows at its end.
	private static final int PROBES = 3;

	private static final int UNACKED = 24;

	private static final int LAST_ACK_RECV = 56;

	private static final int BYTES_ACKED = 120;

	private static final int SEGMENTS_OUT = 136;

	private static final int LENGTH = 140;

	private static final RawUnixChannelOption OPTION = new RawUnixChannelOption("SERVER_HARDENING_TCP_INFO",
			IPPROTO_TCP, TCP_INFO, LENGTH);

	private final ByteBuffer fields;

	private TcpInfo(ByteBuffer fields) {
		this.fields = fields;
	}

	/**
	 * Ask the kernel.
	 * @param channel the connection
	 * @return its answer, {@code null} from another transport, from a kernel that does
	 * not count bytes (before 4.2)
	 */
	static @Nullable TcpInfo of(Channel channel) {
		if (!(channel instanceof EpollSocketChannel socket) || !socket.isOpen()) {
			return null;
		}
		try {
			ByteBuffer fields = socket.config().getOption(OPTION).order(ByteOrder.nativeOrder());
			TcpInfo info = new TcpInfo(fields);
			return (fields.getInt(SEGMENTS_OUT) != 0) ? info : null;
		}
		catch (ChannelException ex) {
			// The socket is being closed, or is behind something that is not Linux.
			return null;
		}
	}

	/**
	 * Return what the other side has acknowledged.
	 * @return bytes since the connection exists
	 */
	long acknowledged() {
		return this.fields.getLong(BYTES_ACKED);
	}

	/**
	 * Whether the other side has anything to acknowledge: what was sent, or the question
	 * whether it has room again. Its kernel does that at once, whatever the application
	 * does.
	 * @return {@code true} if it owes an acknowledgement
	 */
	boolean isAwaited() {
		return this.fields.getInt(UNACKED) > 0 || this.fields.get(PROBES) > 0;
	}

	/**
	 * Return when the other side has acknowledged anything, if only that it is there.
	 * @return milliseconds ago
	 */
	long sinceAcknowledgement() {
		return Integer.toUnsignedLong(this.fields.getInt(LAST_ACK_RECV));
	}

}
