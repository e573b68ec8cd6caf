package io.serverhardening.response.pace;

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
	private static final int RETRANSMITS = 2;

	private static final int PROBES = 3;

	private static final int LAST_ACK_RECV = 56;

	private static final int BYTES_ACKED = 120;

	private static final int SEGMENTS_OUT = 136;

	private static final int LENGTH = 140;

	private static final int UNANSWERED = 3;

	private static final RawUnixChannelOption OPTION = new RawUnixChannelOption("SERVER_HARDENING_TCP_INFO",
			IPPROTO_TCP, TCP_INFO, LENGTH);

	private final ByteBuffer fields;

	private TcpInfo(ByteBuffer fields) {
		this.fields = fields;
	}

	/**
	 * Whether the kernel can be asked about a connection.
	 * @param channel the connection
	 * @return {@code false} with another transport
	 */
	static boolean isKnownOf(Channel channel) {
		return channel instanceof EpollSocketChannel;
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
	 * Whether the other side has left it unanswered that something was sent to it, or
	 * that it was asked whether it has room again. Its kernel answers, whatever the
	 * application does. Once is not enough: it may be about to, and packets get lost.
	 * @return {@code true} if it did so several times
	 */
	boolean isMute() {
		return this.fields.get(RETRANSMITS) >= UNANSWERED || this.fields.get(PROBES) >= UNANSWERED;
	}

	/**
	 * Return when the other side has acknowledged anything, if only that it is there.
	 * @return milliseconds ago
	 */
	long sinceAcknowledgement() {
		return Integer.toUnsignedLong(this.fields.getInt(LAST_ACK_RECV));
	}

}
