package io.serverhardening.internal.channel;

import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelOutboundBuffer;
import io.netty.channel.FileRegion;
import io.netty.util.AttributeKey;
import io.serverhardening.internal.time.LoopClock;
import org.jspecify.annotations.Nullable;

/**
 * One connection, as far as those who time requests and responses on it need to know.
 * Used on its event loop.
 */
public interface Wire {

	/**
	 * The attribute of a connection that holds its wire.
	 */
	AttributeKey<Wire> KEY = AttributeKey.valueOf(Wire.class, "wire");

	/**
	 * Return how many bytes have been written to the connection.
	 * @return bytes, before encryption
	 */
	long written();

	/**
	 * Return the clock of the connection's event loop.
	 * @return the clock
	 */
	LoopClock clock();

	/**
	 * Say that somebody holds the client to what waits for it, so that the connection
	 * need not. Said anew at each tick.
	 */
	void watched();

	/**
	 * Remember why the connection is about to end. The first reason stands.
	 * @param reason why
	 */
	void closing(CloseReason reason);

	/**
	 * Remember why the connection is about to end, and log it: there is no guarded
	 * request that would be counted and logged as refused.
	 * @param reason why
	 */
	void closingUnguarded(CloseReason reason);

	/**
	 * Return the wire of a channel.
	 * @param channel a connection or an HTTP/2 stream
	 * @return the wire, or {@code null} where none is watched
	 */
	static @Nullable Wire of(Channel channel) {
		Channel parent = channel.parent();
		Wire wire = channel.attr(KEY).get();
		return (wire != null || parent == null || !parent.hasAttr(KEY)) ? wire : parent.attr(KEY).get();
	}

	/**
	 * Count what a connection has been given to send and the client has not taken.
	 * @param connection the connection
	 * @return bytes, to the byte even within a large buffer or file
	 */
	static long unsent(Channel connection) {
		ChannelOutboundBuffer buffer = connection.unsafe().outboundBuffer();
		if (buffer == null || buffer.isEmpty()) {
			return 0;
		}
		long[] unsent = new long[1];
		try {
			buffer.forEachFlushedMessage((message) -> {
				if (message instanceof ByteBuf bytes) {
					unsent[0] += bytes.readableBytes();
				}
				else if (message instanceof FileRegion file) {
					unsent[0] += file.count() - file.transferred();
				}
				return true;
			});
		}
		catch (Exception ex) {
			throw new IllegalStateException("Counting does not throw", ex);
		}
		return unsent[0];
	}

}
