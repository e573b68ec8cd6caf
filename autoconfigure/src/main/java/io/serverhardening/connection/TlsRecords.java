package io.serverhardening.connection;

import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.handler.ssl.ReferenceCountedOpenSslEngine;
import io.netty.handler.ssl.SslHandler;
import io.serverhardening.internal.channel.CloseReason;
import org.jspecify.annotations.Nullable;
import reactor.netty.NettyPipeline;

/**
 * Sees from outside when the client of a connection with TLS 1.2 wants to shake hands
 * again, which costs the server milliseconds each time and the client next to nothing.
 * The JDK allows it unless it is told not to for the whole process.
 * <p>
 * With TLS 1.3 a client may have the keys changed. The JDK obeys each time, and answers:
 * the answers wait for a client that need not read them. OpenSSL counts by itself.
 */
final class TlsRecords extends ChannelInboundHandlerAdapter {

	private static final String NAME = "serverHardeningTls";

	private static final int HANDSHAKE = 22;

	private static final int APPLICATION_DATA = 23;

	private static final int HEADER = 5;

	/** How many records may say nothing to the application. OpenSSL has the same. */
	private static final int MAX_EMPTY = 32;

	/** After how many that do one that does not is forgotten. */
	private static final int FORGOTTEN = 64;

	private final ConnectionHandler connection;

	private boolean established;

	/** Whether another handshake has begun. */
	private boolean again;

	/** Whether it is counted which records say something. */
	private boolean counts;

	/** How many records are complete, of those that are looked at now. */
	private int complete;

	/** Those that said nothing, as many times as they cost. */
	private int empty;

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
		boolean changesKeys = tls != null && tls.engine().getSession().getProtocol().equals("TLSv1.3");
		if (tls == null || (changesKeys && tls.engine() instanceof ReferenceCountedOpenSslEngine)) {
			channel.pipeline().remove(records);
		}
		else {
			records.counts = changesKeys;
			records.established = !changesKeys;
		}
	}

	@Override
	public void channelRead(ChannelHandlerContext context, Object message) {
		if (!(message instanceof ByteBuf bytes) || !isTls(context, bytes)) {
			context.fireChannelRead(message);
		}
		else if (this.counts) {
			pass(context, bytes);
		}
		else {
			look(bytes, Integer.MAX_VALUE);
			if (this.again) {
				bytes.release();
				cut();
			}
			else {
				context.fireChannelRead(message);
			}
		}
	}

	private boolean isTls(ChannelHandlerContext context, ByteBuf bytes) {
		if (!this.begun && bytes.isReadable()) {
			this.begun = true;
			if (bytes.getByte(bytes.readerIndex()) != HANDSHAKE) {
				// A greeting of before SSL 3, or no TLS: not to be counted in records.
				context.pipeline().remove(this);
				return false;
			}
		}
		return true;
	}

	// A few at once: each that changes the keys takes long.
	private void pass(ChannelHandlerContext context, ByteBuf bytes) {
		int size = look(bytes, MAX_EMPTY);
		while (size < bytes.readableBytes()) {
			if (!pass(context, bytes.readRetainedSlice(size), this.complete)) {
				bytes.release();
				return;
			}
			size = look(bytes, MAX_EMPTY);
		}
		pass(context, bytes, this.complete);
	}

	private boolean pass(ChannelHandlerContext context, ByteBuf bytes, int records) {
		int before = this.connection.pieces();
		context.fireChannelRead(bytes);
		int said = this.connection.pieces() - before;
		if (records > 0) {
			this.empty = Math.max(0, this.empty + FORGOTTEN * (records - said) - said);
			if (this.empty > FORGOTTEN * MAX_EMPTY) {
				cut();
				return false;
			}
		}
		return true;
	}

	private void cut() {
		this.connection.ending().because(CloseReason.HANDSHAKE_FAILED);
		this.connection.ending().cut();
	}

	// How many bytes so many records are, or those that have come.
	private int look(ByteBuf bytes, int records) {
		this.complete = 0;
		int index = bytes.readerIndex();
		while (index < bytes.writerIndex() && this.complete < records && !this.again) {
			if (this.header == HEADER) {
				int skipped = Math.min(this.length, bytes.writerIndex() - index);
				index += skipped;
				this.length -= skipped;
				if (this.length == 0) {
					this.header = 0;
					this.complete += (this.type == APPLICATION_DATA) ? 1 : 0;
				}
			}
			else {
				header(bytes.getUnsignedByte(index++));
				this.again = this.established && this.header == 1 && this.type == HANDSHAKE;
			}
		}
		return index - bytes.readerIndex();
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
