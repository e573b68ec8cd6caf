package io.serverhardening.connection.http2;

import java.nio.charset.StandardCharsets;
import java.util.function.IntPredicate;

import io.netty.buffer.ByteBuf;
import io.netty.handler.codec.http2.Http2FrameTypes;
import org.jspecify.annotations.Nullable;

/**
 * Follows the frames that come, as they lie on the wire: the codec says nothing of a
 * block of headers before it is complete, and nothing else can come until then.
 */
final class ReceivedFrames {

	private static final byte[] PREFACE = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".getBytes(StandardCharsets.US_ASCII);

	private static final int HEAD = 9;

	private static final int END_HEADERS = 0x4;

	/** How much of the preface has come. */
	private int preface;

	/** The head of the present frame, as far as it has come. */
	private final byte[] head = new byte[HEAD];

	private int headSize;

	/** How much of its payload is still to come. */
	private int payload;

	private boolean endsBlock;

	private boolean inBlock;

	private int blocks;

	private boolean lost;

	/** Of which streams it is counted what comes. */
	private @Nullable IntPredicate ended;

	private int late;

	/**
	 * Whether these may be the first bytes of HTTP/2.
	 * @param bytes what has come first of all
	 * @return {@code false} if it is not worth following them
	 */
	static boolean mayBegin(ByteBuf bytes) {
		return bytes.isReadable() && bytes.getByte(bytes.readerIndex()) == PREFACE[0];
	}

	/**
	 * Look at bytes, and leave them as they are.
	 * @param bytes the bytes
	 */
	void read(ByteBuf bytes) {
		int index = bytes.readerIndex();
		int end = bytes.writerIndex();
		while (index < end && !this.lost) {
			if (this.preface < PREFACE.length) {
				this.lost = bytes.getByte(index++) != PREFACE[this.preface++];
			}
			else if (this.payload > 0) {
				int size = Math.min(this.payload, end - index);
				index += size;
				this.payload -= size;
				completed();
			}
			else {
				this.head[this.headSize++] = bytes.getByte(index++);
				if (this.headSize == HEAD) {
					begun();
				}
			}
		}
	}

	private void begun() {
		this.headSize = 0;
		this.payload = ((this.head[0] & 0xff) << 16) | ((this.head[1] & 0xff) << 8) | (this.head[2] & 0xff);
		byte type = this.head[3];
		if (type == Http2FrameTypes.HEADERS || type == Http2FrameTypes.CONTINUATION) {
			this.inBlock = true;
			this.endsBlock = (this.head[4] & END_HEADERS) != 0;
		}
		if (this.ended != null && (type == Http2FrameTypes.DATA || type == Http2FrameTypes.HEADERS)
				&& this.ended.test(stream())) {
			this.late++;
		}
		completed();
	}

	private int stream() {
		return ((this.head[5] & 0x7f) << 24) | ((this.head[6] & 0xff) << 16) | ((this.head[7] & 0xff) << 8)
				| (this.head[8] & 0xff);
	}

	private void completed() {
		if (this.payload == 0 && this.endsBlock) {
			this.endsBlock = false;
			this.inBlock = false;
			this.blocks++;
		}
	}

	/**
	 * Whether what comes does not begin as HTTP/2 does.
	 * @return {@code true} if these are no frames
	 */
	boolean isLost() {
		return this.lost;
	}

	/**
	 * Count what comes for streams that have ended.
	 * @param ended whether a stream has
	 */
	void watch(IntPredicate ended) {
		this.ended = ended;
	}

	/**
	 * Return how many frames have come for streams that have ended.
	 * @return their number since this was asked last
	 */
	int late() {
		int late = this.late;
		this.late = 0;
		return late;
	}

	/**
	 * Return which block of headers has begun and is not complete.
	 * @return its number, negative if there is none
	 */
	int block() {
		return this.inBlock ? this.blocks : -1;
	}

}
