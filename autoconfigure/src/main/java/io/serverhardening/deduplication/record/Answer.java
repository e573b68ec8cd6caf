package io.serverhardening.deduplication.record;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;

import org.jspecify.annotations.Nullable;

/**
 * What a handler answered, as it is kept for the copies of its message.
 */
public final class Answer {

	/**
	 * How long a body is kept at most. An acknowledgement, a passive reply or an order's
	 * receipt is far below; what is above is a download.
	 */
	public static final int MAX_BODY = 16 * 1024;

	/** How many bytes of headers are kept at most. */
	private static final int MAX_HEADERS = 8 * 1024;

	private static final byte VERSION = 1;

	private static final int TOO_LONG = -1;

	private final int status;

	private final List<String> headers;

	private final byte @Nullable [] body;

	/**
	 * Create an answer.
	 * @param status the status
	 * @param headers the headers that are kept, name and value in turn
	 * @param body the body, {@code null} where it was too long to keep; taken as it is
	 */
	public Answer(int status, List<String> headers, byte @Nullable [] body) {
		this.status = status;
		this.headers = List.copyOf(headers);
		this.body = body;
	}

	/**
	 * Return the status.
	 * @return the status
	 */
	public int status() {
		return this.status;
	}

	/**
	 * Return the headers that are kept.
	 * @return name and value in turn
	 */
	public List<String> headers() {
		return this.headers;
	}

	/**
	 * Return the body.
	 * @return the body as it is, {@code null} where it was too long to keep
	 */
	public byte @Nullable [] body() {
		return this.body;
	}

	/**
	 * Whether copies can be answered with it.
	 * @return {@code false} where its body was too long to keep
	 */
	public boolean isComplete() {
		return this.body != null;
	}

	/**
	 * Return how much memory it takes, roughly.
	 * @return bytes
	 */
	public int size() {
		int size = (this.body != null) ? this.body.length : 0;
		for (String text : this.headers) {
			size += text.length();
		}
		return size;
	}

	/**
	 * Return the answer without what makes it too long.
	 * @return this, or a marker
	 */
	public Answer kept() {
		int length = (this.body != null) ? this.body.length : 0;
		return (length <= MAX_BODY && size() - length <= MAX_HEADERS) ? this : new Answer(this.status, List.of(), null);
	}

	/**
	 * Write the answer as bytes.
	 * @return the bytes
	 */
	public byte[] encode() {
		ByteArrayOutputStream bytes = new ByteArrayOutputStream(size() + 64);
		try (DataOutputStream out = new DataOutputStream(bytes)) {
			out.writeByte(VERSION);
			out.writeShort(this.status);
			out.writeShort(this.headers.size());
			for (String text : this.headers) {
				out.writeUTF(text);
			}
			byte[] body = this.body;
			out.writeInt((body != null) ? body.length : TOO_LONG);
			if (body != null) {
				out.write(body);
			}
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
		return bytes.toByteArray();
	}

	/**
	 * Read an answer.
	 * @param bytes the bytes that {@link #encode()} wrote
	 * @return the answer
	 * @throws IllegalArgumentException if they are none
	 */
	public static Answer decode(byte[] bytes) {
		try (DataInputStream in = new DataInputStream(new ByteArrayInputStream(bytes))) {
			if (in.readByte() != VERSION) {
				throw new IllegalArgumentException("A kept answer is of a version that is not known here");
			}
			int status = in.readUnsignedShort();
			int count = in.readUnsignedShort();
			List<String> headers = new ArrayList<>(count);
			for (int i = 0; i < count; i++) {
				headers.add(in.readUTF());
			}
			int length = in.readInt();
			if (length == TOO_LONG) {
				return new Answer(status, headers, null);
			}
			if (length < 0 || length > in.available()) {
				throw new IllegalArgumentException("A kept answer is cut short");
			}
			byte[] body = new byte[length];
			in.readFully(body);
			return new Answer(status, headers, body);
		}
		catch (IOException ex) {
			throw new IllegalArgumentException("A kept answer cannot be read", ex);
		}
	}

}
