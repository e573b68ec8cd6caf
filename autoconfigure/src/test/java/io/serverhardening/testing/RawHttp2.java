package io.serverhardening.testing;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;

/**
 * Frames of HTTP/2 by hand, for clients that no library would let anyone write.
 */
public final class RawHttp2 implements AutoCloseable {

	/** Type of a frame. */
	public static final int DATA = 0;

	/** Type of a frame. */
	public static final int HEADERS = 1;

	/** Type of a frame. */
	public static final int RST_STREAM = 3;

	/** Type of a frame. */
	public static final int PRIORITY = 2;

	/** Type of a frame. */
	public static final int SETTINGS = 4;

	/** Type of a frame. */
	public static final int PING = 6;

	/** Type of a frame. */
	public static final int GOAWAY = 7;

	/** Type of a frame. */
	public static final int WINDOW_UPDATE = 8;

	/** Type of a frame. */
	public static final int CONTINUATION = 9;

	/** Flag of a frame. */
	public static final int END_STREAM = 1;

	/** Flag of a frame. */
	public static final int END_HEADERS = 4;

	private final RawClient client;

	/**
	 * Begin with the preface and empty settings.
	 * @param client the connection
	 */
	public RawHttp2(RawClient client) {
		this.client = client;
		client.write("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
		frame(SETTINGS, 0, 0, new byte[0]);
	}

	/**
	 * Return the connection.
	 * @return the connection, for what are no frames
	 */
	public RawClient client() {
		return this.client;
	}

	/**
	 * Send a frame.
	 * @param type its type
	 * @param flags its flags
	 * @param stream its stream
	 * @param payload its payload
	 * @return this client
	 */
	public RawHttp2 frame(int type, int flags, int stream, byte[] payload) {
		this.client.write(bytes(type, flags, stream, payload));
		return this;
	}

	/**
	 * Send a frame often, in one piece.
	 * @param times how often
	 * @param type its type
	 * @param flags its flags
	 * @param stream its stream
	 * @param payload its payload
	 * @return this client
	 */
	public RawHttp2 frames(int times, int type, int flags, int stream, byte[] payload) {
		byte[] frame = bytes(type, flags, stream, payload);
		ByteBuffer frames = ByteBuffer.allocate(frame.length * times);
		for (int i = 0; i < times; i++) {
			frames.put(frame);
		}
		this.client.write(frames.array());
		return this;
	}

	/**
	 * Encode a frame.
	 * @param type its type
	 * @param flags its flags
	 * @param stream its stream
	 * @param payload its payload
	 * @return the frame
	 */
	public static byte[] bytes(int type, int flags, int stream, byte... payload) {
		ByteBuffer frame = ByteBuffer.allocate(9 + payload.length);
		frame.put((byte) (payload.length >> 16)).putShort((short) payload.length);
		frame.put((byte) type).put((byte) flags).putInt(stream).put(payload);
		return frame.array();
	}

	/**
	 * Send a block of headers, and with it the stream ends.
	 * @param stream its stream
	 * @param headers names and values
	 * @return this client
	 */
	public RawHttp2 headers(int stream, String... headers) {
		return frame(HEADERS, END_HEADERS | END_STREAM, stream, block(headers));
	}

	/**
	 * Open the window of a stream, or of the connection.
	 * @param stream the stream, 0 for the connection
	 * @param size by how much
	 * @return this client
	 */
	public RawHttp2 window(int stream, int size) {
		return frame(WINDOW_UPDATE, 0, stream, ByteBuffer.allocate(4).putInt(size).array());
	}

	/**
	 * Set something.
	 * @param setting its number
	 * @param value its value
	 * @return this client
	 */
	public RawHttp2 setting(int setting, int value) {
		return frame(SETTINGS, 0, 0, ByteBuffer.allocate(6).putShort((short) setting).putInt(value).array());
	}

	/**
	 * Encode headers as they are given, without a table.
	 * @param headers names and values
	 * @return the block
	 */
	public static byte[] block(String... headers) {
		ByteArrayOutputStream block = new ByteArrayOutputStream();
		for (int i = 0; i < headers.length; i += 2) {
			block.write(0);
			text(block, headers[i]);
			text(block, headers[i + 1]);
		}
		return block.toByteArray();
	}

	/**
	 * Send a request.
	 * @param stream its stream
	 * @param method GET or POST
	 * @param path its path
	 * @param body whether a body follows
	 * @return this client
	 */
	public RawHttp2 request(int stream, String method, String path, boolean body) {
		return frame(HEADERS, END_HEADERS | (body ? 0 : END_STREAM), stream, headers(method, path));
	}

	/**
	 * Send the head of a request that announces the length of its body, and not its end.
	 * @param stream its stream
	 * @param method GET or POST
	 * @param path its path
	 * @param length the length, {@code none} to announce none
	 * @param fields names and values of more header fields
	 * @return this client
	 */
	public RawHttp2 request(int stream, String method, String path, String length, String... fields) {
		ByteArrayOutputStream block = new ByteArrayOutputStream();
		block.writeBytes(headers(method, path));
		if (!length.equals("none")) {
			// content-length is 28 in the static table, which does not fit four bits.
			block.write(0x0f);
			literal(block, 28 - 15, length);
		}
		for (int i = 0; i < fields.length; i += 2) {
			literal(block, 0, fields[i]);
			block.write(fields[i + 1].length());
			block.writeBytes(fields[i + 1].getBytes(StandardCharsets.US_ASCII));
		}
		return frame(HEADERS, END_HEADERS, stream, block.toByteArray());
	}

	/**
	 * Encode the headers of a request.
	 * @param method GET or POST
	 * @param path its path
	 * @return the block
	 */
	public static byte[] headers(String method, String path) {
		ByteArrayOutputStream block = new ByteArrayOutputStream();
		// From the static table (RFC 7541, A): method, scheme http, then two literals.
		switch (method) {
			case "GET" -> block.write(0x82);
			case "POST" -> block.write(0x83);
			default -> literal(block, 0x02, method);
		}
		block.write(0x86);
		literal(block, 0x04, path);
		literal(block, 0x01, "test");
		return block.toByteArray();
	}

	private static void literal(ByteArrayOutputStream block, int name, String value) {
		block.write(name);
		text(block, value);
	}

	private static void text(ByteArrayOutputStream block, String value) {
		byte[] bytes = value.getBytes(StandardCharsets.ISO_8859_1);
		if (bytes.length < 127) {
			block.write(bytes.length);
		}
		else {
			block.write(127);
			int rest = bytes.length - 127;
			for (; rest >= 128; rest /= 128) {
				block.write(rest % 128 + 128);
			}
			block.write(rest);
		}
		block.writeBytes(bytes);
	}

	/**
	 * Send bytes of a body.
	 * @param stream its stream
	 * @param size how many
	 * @param last whether they are the last
	 * @return this client
	 */
	public RawHttp2 data(int stream, int size, boolean last) {
		return frame(DATA, last ? END_STREAM : 0, stream, new byte[size]);
	}

	/**
	 * Give up a stream.
	 * @param stream the stream
	 * @return this client
	 */
	public RawHttp2 reset(int stream) {
		return frame(RST_STREAM, 0, stream, new byte[] { 0, 0, 0, 8 });
	}

	/**
	 * Ask whether the server is there.
	 * @return this client
	 */
	public RawHttp2 ping() {
		return frame(PING, 0, 0, new byte[8]);
	}

	/**
	 * Read frames until one is of interest.
	 * @param type its type
	 * @param stream its stream
	 * @return the frame, or {@code null} if the connection ended before
	 */
	public Frame await(int type, int stream) {
		for (Frame frame = next(); frame != null; frame = next()) {
			if (frame.type() == type && frame.stream() == stream) {
				return frame;
			}
		}
		return null;
	}

	/**
	 * Read frames until a stream is answered, or reset.
	 * @param stream the stream
	 * @return the first frame of headers, or the reset; {@code null} if the connection
	 * ended before
	 */
	public Frame answer(int stream) {
		for (Frame frame = next(); frame != null; frame = next()) {
			if (frame.stream() == stream && (frame.type() == HEADERS || frame.type() == RST_STREAM)) {
				return frame;
			}
		}
		return null;
	}

	/**
	 * Read a frame.
	 * @return the frame, or {@code null} if the connection ended before
	 */
	public Frame next() {
		byte[] head = this.client.bytes(9);
		if (head.length < 9) {
			return null;
		}
		ByteBuffer fields = ByteBuffer.wrap(head);
		int length = ((fields.get() & 0xff) << 16) | (fields.getShort() & 0xffff);
		return new Frame(fields.get(), fields.get(), fields.getInt(), ByteBuffer.wrap(this.client.bytes(length)));
	}

	@Override
	public void close() {
		this.client.close();
	}

	/**
	 * A frame.
	 *
	 * @param type its type
	 * @param flags its flags
	 * @param stream its stream
	 * @param payload its payload
	 */
	public record Frame(int type, int flags, int stream, ByteBuffer payload) {

		/**
		 * Return the status of a response, whose header comes first.
		 * @return the status
		 */
		public int status() {
			// Static table: 8 to 14 are 200, 204, 206, 304, 400, 404, 500.
			int first = this.payload.get(0) & 0xff;
			if (first >= 0x88 && first <= 0x8e) {
				return new int[] { 200, 204, 206, 304, 400, 404, 500 }[first - 0x88];
			}
			boolean huffman = (this.payload.get(1) & 0x80) != 0;
			return huffman ? huffmanStatus(this.payload.get(2) & 0xff, this.payload.get(3) & 0xff)
					: Integer.parseInt(StandardCharsets.US_ASCII.decode(this.payload.slice(2, 3)).toString());
		}

		// Digits: 0 to 2 have five bits (0 to 2), 3 to 9 six (0x19 to 0x1f).
		private static int huffmanStatus(int high, int low) {
			int bits = (high << 8) | low;
			int left = 16;
			int status = 0;
			for (int i = 0; i < 3; i++) {
				int five = (bits >> (left - 5)) & 0x1f;
				if (five <= 2) {
					status = status * 10 + five;
					left -= 5;
				}
				else {
					status = status * 10 + ((bits >> (left - 6)) & 0x3f) - 0x16;
					left -= 6;
				}
			}
			return status;
		}

		/**
		 * Return the error of a RST_STREAM or GOAWAY.
		 * @return the code, which comes last but for a text
		 */
		public int error() {
			return this.payload.getInt((this.type == GOAWAY) ? 4 : 0);
		}

	}

}
