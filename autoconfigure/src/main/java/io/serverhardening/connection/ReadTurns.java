package io.serverhardening.connection;

import java.util.concurrent.TimeUnit;

import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelOutboundHandlerAdapter;
import io.netty.channel.RecvByteBufAllocator;

/**
 * Has a connection of which there is more to read wait until the sockets have been looked
 * at again. With the native transports it would go on as a task, and a loop runs 64 of
 * those before it looks: 4 MB of one connection, whatever its allocator says.
 */
final class ReadTurns extends ChannelOutboundHandlerAdapter {

	private static final String NAME = "serverHardeningTurns";

	/** Whether a read has been asked for that waits for its turn. */
	private boolean waiting;

	/** Whether the socket was to be read by itself when that was asked for last. */
	private boolean byItself;

	/**
	 * Put it next to the socket.
	 * @param channel the connection
	 */
	static void install(Channel channel) {
		channel.pipeline().addFirst(NAME, new ReadTurns());
	}

	@Override
	@SuppressWarnings("FutureReturnValueIgnored")
	public void read(ChannelHandlerContext context) {
		Channel channel = context.channel();
		if (!this.waiting && !mayHaveMore(channel)) {
			context.read();
			return;
		}
		this.byItself = channel.config().isAutoRead();
		if (!this.waiting) {
			this.waiting = true;
			// A timer and no task: those are looked for once between two looks at the
			// sockets.
			channel.eventLoop().schedule(() -> readOn(context), 0, TimeUnit.NANOSECONDS);
		}
	}

	@SuppressWarnings("deprecation")
	private static boolean mayHaveMore(Channel channel) {
		RecvByteBufAllocator.Handle last = channel.unsafe().recvBufAllocHandle();
		return last.lastBytesRead() > 0 && last.lastBytesRead() == last.attemptedBytesRead();
	}

	// Whoever stops a socket that reads by itself takes back what it has asked for.
	private void readOn(ChannelHandlerContext context) {
		this.waiting = false;
		if (context.channel().isActive() && (!this.byItself || context.channel().config().isAutoRead())) {
			context.read();
		}
	}

}
