package io.serverhardening.connection.http2;

import io.netty.buffer.ByteBuf;
import io.netty.handler.codec.http2.Http2FrameTypes;

/**
 * Recognizes, among what the codec of HTTP/2 writes, the resets of streams: also those
 * that it sends by itself for what never became a stream.
 */
final class SentFrames {

	private static final int HEAD = 9;

	private static final int RESET = HEAD + 4;

	/** Nothing is reset. */
	static final long NONE = -1;

	/** What follows the head of a DATA frame is the application's. */
	private boolean payload;

	/**
	 * Look at what is written at once, which is a frame or a part of one.
	 * @param bytes the bytes
	 * @return why a stream is reset, or {@link #NONE}
	 */
	long reset(ByteBuf bytes) {
		int size = bytes.readableBytes();
		if (this.payload) {
			this.payload = size == 0;
			return NONE;
		}
		if (size == RESET && type(bytes) == Http2FrameTypes.RST_STREAM) {
			return bytes.getUnsignedInt(bytes.readerIndex() + HEAD);
		}
		this.payload = size == HEAD && type(bytes) == Http2FrameTypes.DATA && bytes.getMedium(bytes.readerIndex()) != 0;
		return NONE;
	}

	private static byte type(ByteBuf frame) {
		return frame.getByte(frame.readerIndex() + 3);
	}

}
