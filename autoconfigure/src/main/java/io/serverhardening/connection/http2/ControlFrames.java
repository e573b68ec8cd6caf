package io.serverhardening.connection.http2;

import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelOutboundBuffer;
import io.netty.handler.codec.http2.Http2Error;
import io.netty.handler.codec.http2.Http2Exception;
import io.netty.handler.codec.http2.Http2FrameCodec;
import io.netty.handler.codec.http2.Http2HeadersEncoder;
import io.netty.handler.codec.http2.Http2Settings;

/**
 * What the frames of HTTP/2 that carry no message may cost: the answers to them, and the
 * table of headers that a client has room for.
 */
final class ControlFrames {

	/** How many frames that ask for an answer come between two looks. */
	private static final int CONTROL_FRAMES = 1024;

	/**
	 * How many writes may wait for the client. Half of what the codec itself takes as a
	 * flood, with a stack trace for each connection.
	 */
	private static final int MAX_WAITING = 5000;

	/**
	 * How large the table of what was sent may become, whatever the client has room for:
	 * as much as browsers have. The codec keeps all that fits, and looks for each header
	 * in it.
	 */
	private static final long MAX_TABLE = 64 * 1024;

	/**
	 * How often a client may change its size. The codec keeps each change until the next
	 * response.
	 */
	private static final int MAX_TABLE_CHANGES = 100;

	private final Http2FrameCodec codec;

	private final CodecCommands commands;

	private int frames;

	private int tableChanges;

	ControlFrames(Http2FrameCodec codec, CodecCommands commands) {
		this.codec = codec;
		this.commands = commands;
	}

	/**
	 * Have the table of headers grow no further than is worth it.
	 * @throws Http2Exception not thrown
	 */
	void limitTable() throws Http2Exception {
		Http2HeadersEncoder.Configuration headers = this.codec.encoder().configuration().headersConfiguration();
		if (headers.maxHeaderTableSize() > MAX_TABLE) {
			headers.maxHeaderTableSize(MAX_TABLE);
		}
	}

	/**
	 * The client has changed its settings.
	 * @param settings what it has changed
	 * @throws Http2Exception not thrown
	 */
	void set(Http2Settings settings) throws Http2Exception {
		if (settings.headerTableSize() != null) {
			limitTable();
			this.tableChanges++;
			if (this.tableChanges == MAX_TABLE_CHANGES) {
				this.commands.fail(Http2Error.ENHANCE_YOUR_CALM, "too many sizes of the header table");
			}
		}
	}

	/**
	 * A frame has come that is answered. The answers wait for a client that need not read
	 * them.
	 * @param context who is next to be told to write
	 */
	void read(ChannelHandlerContext context) {
		this.frames++;
		if (this.frames % CONTROL_FRAMES == 0) {
			context.flush();
			ChannelOutboundBuffer buffer = context.channel().unsafe().outboundBuffer();
			if (buffer != null && buffer.size() > MAX_WAITING) {
				this.commands.fail(Http2Error.ENHANCE_YOUR_CALM, buffer.size() + " answers wait to be read");
			}
		}
	}

}
