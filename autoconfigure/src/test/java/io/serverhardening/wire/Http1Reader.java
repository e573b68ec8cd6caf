package io.serverhardening.wire;

import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.net.SocketTimeoutException;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.SplittableRandom;

import io.serverhardening.testing.Pause;

/**
 * Reads answers of HTTP/1.1, and takes nothing for an answer that is none.
 */
final class Http1Reader {

	private final Pipe pipe;

	private final boolean slow;

	private final SplittableRandom random;

	private final byte[] buffer = new byte[16 * 1024];

	private byte[] room = this.buffer;

	private int at;

	private int end;

	Http1Reader(Pipe pipe, boolean slow, SplittableRandom random) {
		this.pipe = pipe;
		this.slow = slow;
		this.random = random;
	}

	Answer read(boolean head) {
		char version = '1';
		int status = 0;
		Map<String, String> headers = new LinkedHashMap<>();
		ByteArrayOutputStream body = new ByteArrayOutputStream();
		End how = End.WHOLE;
		String problem = null;
		try {
			String line = line();
			if (!line.matches("HTTP/1\\.[01] [1-5]\\d\\d .*")) {
				return new Answer('1', -1, headers, new byte[0], how, "no status line: '" + line + "'");
			}
			version = line.charAt(7);
			int code = Integer.parseInt(line.substring(9, 12));
			for (String field = line(); !field.isEmpty(); field = line()) {
				int colon = field.indexOf(':');
				headers.merge(field.substring(0, colon).toLowerCase(Locale.ROOT), field.substring(colon + 1).strip(),
						(first, second) -> first + ", " + second);
			}
			status = code;
			if (!head && status >= 200 && status != 204 && status != 304) {
				body(headers, body);
			}
		}
		catch (EOFException ex) {
			how = End.FINISHED;
		}
		catch (SocketTimeoutException ex) {
			how = End.STUCK;
		}
		catch (IOException ex) {
			how = End.RESET;
		}
		catch (RuntimeException ex) {
			problem = ex.toString();
		}
		return new Answer(version, status, headers, body.toByteArray(), how, problem);
	}

	private void body(Map<String, String> headers, ByteArrayOutputStream body) throws IOException {
		if ("chunked".equals(headers.get("transfer-encoding"))) {
			for (int size = Integer.parseInt(line(), 16); size > 0; size = Integer.parseInt(line(), 16)) {
				take(size, body);
				if (!line().isEmpty()) {
					throw new IllegalStateException("a chunk does not end where it should");
				}
			}
			if (!line().isEmpty()) {
				throw new IllegalStateException("trailers");
			}
		}
		else if (headers.containsKey("content-length")) {
			take(Integer.parseInt(headers.get("content-length")), body);
		}
		else {
			try {
				take(Integer.MAX_VALUE, body);
			}
			catch (EOFException ex) {
				// Which is how it ends.
			}
		}
	}

	private void take(int size, ByteArrayOutputStream body) throws IOException {
		for (int left = size; left > 0;) {
			more();
			int n = Math.min(left, this.end - this.at);
			body.write(this.room, this.at, n);
			this.at += n;
			left -= n;
		}
	}

	private String line() throws IOException {
		StringBuilder line = new StringBuilder(64);
		for (int c = next(); c != '\n'; c = next()) {
			if (line.length() > 10_000) {
				throw new IllegalStateException("a line without end");
			}
			line.append((char) c);
		}
		return line.toString().stripTrailing();
	}

	/**
	 * Read a byte.
	 * @return the byte
	 * @throws IOException if there is none
	 */
	int next() throws IOException {
		more();
		return this.room[this.at++] & 0xff;
	}

	private void more() throws IOException {
		if (this.at < this.end) {
			return;
		}
		if (this.slow) {
			this.room = new byte[1 + this.random.nextInt(this.buffer.length)];
			if (this.random.nextInt(8) == 0) {
				Pause.millis(1);
			}
		}
		int read = this.pipe.read(this.room);
		if (read < 0) {
			throw new EOFException();
		}
		this.at = 0;
		this.end = read;
	}

	/**
	 * How what was read ended.
	 */
	enum End {

		/** As it should: there may be more. */
		WHOLE,

		/** The server said that there is no more. */
		FINISHED,

		/** The connection was reset, or the like. */
		RESET,

		/** Nothing came for long. */
		STUCK

	}

	/**
	 * An answer, or the beginning of one.
	 *
	 * @param version the last digit of its version
	 * @param status its status, or 0
	 * @param headers its headers by lowercase name
	 * @param body its body
	 * @param end how it ended
	 * @param problem why it is none, or {@code null}
	 */
	@SuppressWarnings("ArrayRecordComponent")
	record Answer(char version, int status, Map<String, String> headers, byte[] body, End end, String problem) {

		boolean isInterim() {
			return this.status >= 100 && this.status < 200 && this.status != 101;
		}

		boolean closes() {
			String connection = this.headers.getOrDefault("connection", "");
			return (this.version == '0') ? !connection.equalsIgnoreCase("keep-alive")
					: connection.equalsIgnoreCase("close");
		}

		@Override
		public String toString() {
			return this.status + " " + this.headers + " and " + this.body.length + " bytes, " + this.end
					+ ((this.problem != null) ? ", " + this.problem : "");
		}

	}

}
