package io.serverhardening.benchmarks;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.function.IntFunction;

/**
 * Frames of HTTP/2 as an attacker writes them: by hand, whether or not the protocol
 * allows them.
 */
final class Http2Frames {

	/** The only stream of most attacks: the first that a client may open. */
	private static final int FIRST = 1;

	private static final int END_STREAM = 1;

	private static final int END_HEADERS = 4;

	private Http2Frames() {
	}

	/**
	 * What a client says first.
	 * @param frames what it sends after its settings
	 * @return preface, empty settings and the frames
	 */
	static byte[] connection(byte[]... frames) {
		return concat(ascii("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"), frame(4, 0, 0), concat(frames));
	}

	/**
	 * What a client says first that takes nothing of any response.
	 * @param frames what it sends after its settings
	 * @return preface, settings with a window of 0, and the frames
	 */
	static byte[] withoutWindow(byte[] frames) {
		return concat(ascii("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"), frame(4, 0, 0, 0, 4, 0, 0, 0, 0), frames);
	}

	static byte[] ping() {
		return frame(6, 0, 0, new byte[8]);
	}

	static byte[] settings() {
		return frame(4, 0, 0);
	}

	/**
	 * A whole request.
	 * @param stream its stream
	 * @param path its path
	 * @return a head that asks for the path and ends its stream
	 */
	static byte[] get(int stream, String path) {
		return frame(1, END_STREAM | END_HEADERS, stream, concat(bytes(0x82, 0x86), literal(4, path), authority()));
	}

	/**
	 * A request whose body never comes.
	 * @param stream its stream
	 * @param path its path
	 * @return the head of a POST that announces no bytes and does not end its stream
	 */
	static byte[] openPost(int stream, String path) {
		return frame(1, END_HEADERS, stream,
				concat(bytes(0x83, 0x86), literal(4, path), authority(), literal(28, "0")));
	}

	/**
	 * A request that announces five bytes and ends without them.
	 * @param stream its stream
	 * @return the head of a POST
	 */
	static byte[] shortPost(int stream) {
		return frame(1, END_STREAM | END_HEADERS, stream,
				concat(bytes(0x83, 0x86), literal(4, "/upload"), authority(), literal(28, "5")));
	}

	/**
	 * A head that is no request.
	 * @param stream its stream
	 * @return a head without a method
	 */
	static byte[] withoutMethod(int stream) {
		return frame(1, END_STREAM | END_HEADERS, stream, concat(bytes(0x86), literal(4, "/ping"), authority()));
	}

	/**
	 * A head that is no request.
	 * @param stream its stream
	 * @return a head without a path
	 */
	static byte[] withoutPath(int stream) {
		return frame(1, END_STREAM | END_HEADERS, stream, concat(bytes(0x82, 0x86), authority()));
	}

	/**
	 * A head that never ends.
	 * @return the head without its end
	 */
	static byte[] openHead() {
		return frame(1, END_STREAM, FIRST, concat(bytes(0x82, 0x86), literal(4, "/ping"), authority()));
	}

	static byte[] emptyContinuation() {
		return frame(9, 0, FIRST);
	}

	static byte[] reset(int stream) {
		return frame(3, 0, stream, bytes(0, 0, 0, 8));
	}

	/**
	 * The same on many streams.
	 * @param count how many
	 * @param frames the frames of a stream by its number
	 * @return the frames of the first streams that a client may open
	 */
	static byte[] streams(int count, IntFunction<byte[]> frames) {
		ByteArrayOutputStream all = new ByteArrayOutputStream();
		for (int i = 0; i < count; i++) {
			all.writeBytes(frames.apply(FIRST + 2 * i));
		}
		return all.toByteArray();
	}

	private static byte[] authority() {
		return literal(1, "a");
	}

	// A literal without indexing; its name is in the static table of HPACK.
	private static byte[] literal(int name, String value) {
		byte[] index = (name < 15) ? bytes(name) : bytes(15, name - 15);
		return concat(index, bytes(value.length()), ascii(value));
	}

	private static byte[] frame(int type, int flags, int stream, int... payload) {
		return frame(type, flags, stream, bytes(payload));
	}

	private static byte[] frame(int type, int flags, int stream, byte[] payload) {
		return ByteBuffer.allocate(9 + payload.length)
			.put((byte) 0)
			.putShort((short) payload.length)
			.put((byte) type)
			.put((byte) flags)
			.putInt(stream)
			.put(payload)
			.array();
	}

	private static byte[] bytes(int... values) {
		byte[] bytes = new byte[values.length];
		for (int i = 0; i < values.length; i++) {
			bytes[i] = (byte) values[i];
		}
		return bytes;
	}

	private static byte[] ascii(String text) {
		return text.getBytes(StandardCharsets.US_ASCII);
	}

	static byte[] concat(byte[]... parts) {
		ByteArrayOutputStream all = new ByteArrayOutputStream();
		for (byte[] part : parts) {
			all.writeBytes(part);
		}
		return all.toByteArray();
	}

}
