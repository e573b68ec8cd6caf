package io.serverhardening.wire;

import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.LinkedHashMap;
import java.util.Map;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.netty.handler.codec.http2.DefaultHttp2Headers;
import io.netty.handler.codec.http2.DefaultHttp2HeadersDecoder;
import io.netty.handler.codec.http2.DefaultHttp2HeadersEncoder;
import io.netty.handler.codec.http2.Http2Exception;
import io.netty.handler.codec.http2.Http2Headers;

/**
 * Frames of HTTP/2 and blocks of headers, as bytes.
 */
final class Http2Frames {

	static final int DATA = 0;

	static final int HEADERS = 1;

	static final int RST_STREAM = 3;

	static final int SETTINGS = 4;

	static final int PING = 6;

	static final int GOAWAY = 7;

	static final int WINDOW_UPDATE = 8;

	static final int CONTINUATION = 9;

	static final int END_STREAM = 1;

	static final int ACK = 1;

	static final int END_HEADERS = 4;

	static final int PADDED = 8;

	private final DefaultHttp2HeadersEncoder encoder = new DefaultHttp2HeadersEncoder();

	private final DefaultHttp2HeadersDecoder decoder = new DefaultHttp2HeadersDecoder(false);

	private final Pipe pipe;

	private final byte[] buffer = new byte[32 * 1024];

	private int at;

	private int end;

	Http2Frames(Pipe pipe) {
		this.pipe = pipe;
	}

	static byte[] frame(int type, int flags, int stream, byte[] payload) {
		return ByteBuffer.allocate(9 + payload.length)
			.put((byte) (payload.length >> 16))
			.putShort((short) payload.length)
			.put((byte) type)
			.put((byte) flags)
			.putInt(stream)
			.put(payload)
			.array();
	}

	static byte[] number(int number) {
		return ByteBuffer.allocate(4).putInt(number).array();
	}

	byte[] encode(int stream, Map<String, String> fields) {
		Http2Headers headers = new DefaultHttp2Headers(false);
		fields.forEach(headers::add);
		ByteBuf block = Unpooled.buffer();
		try {
			this.encoder.encodeHeaders(stream, headers, block);
			return ByteBufUtil.getBytes(block);
		}
		catch (Http2Exception ex) {
			throw new IllegalStateException(ex);
		}
		finally {
			block.release();
		}
	}

	Map<String, String> decode(int stream, byte[] block) {
		ByteBuf bytes = Unpooled.wrappedBuffer(block);
		try {
			Map<String, String> fields = new LinkedHashMap<>();
			this.decoder.decodeHeaders(stream, bytes)
				.forEach((field) -> fields.put(field.getKey().toString(), field.getValue().toString()));
			return fields;
		}
		catch (Http2Exception ex) {
			throw new IllegalStateException(ex);
		}
		finally {
			bytes.release();
		}
	}

	/**
	 * Read a frame; a block of headers as one.
	 * @return the frame
	 * @throws EOFException if the connection has ended
	 * @throws IOException if it was reset
	 */
	Frame read() throws IOException {
		Frame frame = one();
		if (frame.type() != HEADERS || frame.has(END_HEADERS)) {
			return frame;
		}
		ByteArrayOutputStream block = new ByteArrayOutputStream();
		block.writeBytes(frame.payload());
		Frame more = one();
		while (!more.has(END_HEADERS)) {
			block.writeBytes(more.payload());
			more = one();
		}
		block.writeBytes(more.payload());
		return new Frame(HEADERS, frame.flags() | END_HEADERS, frame.stream(), block.toByteArray());
	}

	private Frame one() throws IOException {
		ByteBuffer head = ByteBuffer.wrap(bytes(9));
		int size = ((head.get() & 0xff) << 16) | (head.getShort() & 0xffff);
		return new Frame(head.get(), head.get() & 0xff, head.getInt(), bytes(size));
	}

	private byte[] bytes(int size) throws IOException {
		byte[] bytes = new byte[size];
		for (int filled = 0; filled < size;) {
			if (this.at == this.end) {
				this.at = 0;
				this.end = this.pipe.read(this.buffer);
				if (this.end < 0) {
					this.end = 0;
					throw new EOFException("The connection ended");
				}
			}
			int n = Math.min(size - filled, this.end - this.at);
			System.arraycopy(this.buffer, this.at, bytes, filled, n);
			this.at += n;
			filled += n;
		}
		return bytes;
	}

	/**
	 * A frame.
	 *
	 * @param type its type
	 * @param flags its flags
	 * @param stream its stream
	 * @param payload its payload
	 */
	@SuppressWarnings("ArrayRecordComponent")
	record Frame(int type, int flags, int stream, byte[] payload) {

		boolean has(int flag) {
			return (this.flags & flag) != 0;
		}

		int number() {
			return ByteBuffer.wrap(this.payload).getInt();
		}

	}

}
