package io.serverhardening.connection;

import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.handler.ssl.SslHandler;
import io.serverhardening.internal.CloseReason;
import org.jspecify.annotations.Nullable;
import reactor.netty.NettyPipeline;

/**
 * Sees from outside when the client of a connection with TLS 1.2 wants to shake hands
 * again, which costs the server milliseconds each time and the client next to nothing.
 * The JDK allows it unless it is told not to for the whole process, and TLS 1.3 knows no
 * such thing.
 */
final class TlsRecords extends ChannelInboundHandlerAdapter {

	private static final String NAME = "serverHardeningTls";

	private static final int HANDSHAKE = 22;

	private static final int HEADER = 5;

	private final ConnectionHandler connection;

	private boolean established;

	private boolean begun;

	/** How much of the header of the present record has come. */
	private int header;

	private int type;

	/** What the header says, and then what is left of it. */
	private int length;

	private TlsRecords(ConnectionHandler connection) {
		this.connection = connection;
	}

	/**
	 * Watch a connection, if it is one with TLS.
	 * @param channel the connection
	 * @param connection whom to tell
	 */
	static void install(Channel channel, ConnectionHandler connection) {
		if (channel.pipeline().get(NettyPipeline.SslHandler) != null) {
			channel.pipeline().addBefore(NettyPipeline.SslHandler, NAME, new TlsRecords(connection));
		}
	}

	/**
	 * The first handshake is over.
	 * @param channel the connection
	 * @param tls what was agreed
	 */
	static void established(Channel channel, @Nullable SslHandler tls) {
		TlsRecords records = channel.pipeline().get(TlsRecords.class);
		if (records == null) {
			return;
		}
		if (tls == null || tls.engine().getSession().getProtocol().equals("TLSv1.3")) {
			channel.pipeline().remove(records);
		}
		else {
			records.established = true;
		}
	}

	@Override
	public void channelRead(ChannelHandlerContext context, Object message) {
		if (message instanceof ByteBuf bytes && isAgain(context, bytes)) {
			bytes.release();
			this.connection.closing(CloseReason.HANDSHAKE_FAILED);
			this.connection.ending().cut();
		}
		else {
			context.fireChannelRead(message);
		}
	}

	private boolean isAgain(ChannelHandlerContext context, ByteBuf bytes) {
		if (!this.begun && bytes.isReadable()) {
			this.begun = true;
			if (bytes.getByte(bytes.readerIndex()) != HANDSHAKE) {
				// A greeting of before SSL 3, or no TLS: not to be counted in records.
				context.pipeline().remove(this);
				return false;
			}
		}
		int index = bytes.readerIndex();
		while (index < bytes.writerIndex()) {
			if (this.header == HEADER) {
				int skipped = Math.min(this.length, bytes.writerIndex() - index);
				index += skipped;
				this.length -= skipped;
				this.header = (this.length == 0) ? 0 : HEADER;
			}
			else {
				header(bytes.getUnsignedByte(index++));
				if (this.established && this.header == 1 && this.type == HANDSHAKE) {
					return true;
				}
			}
		}
		return false;
	}

	private void header(int next) {
		switch (this.header) {
			case 0 -> this.type = next;
			case HEADER - 2 -> this.length = next << 8;
			case HEADER - 1 -> this.length += next;
			default -> {
				// The version.
			}
		}
		this.header++;
		if (this.header == HEADER && this.length == 0) {
			this.header = 0;
		}
	}

}
