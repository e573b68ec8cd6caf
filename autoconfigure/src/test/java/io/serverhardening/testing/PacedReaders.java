package io.serverhardening.testing;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/**
 * Many clients that read at a rate of their own each, from one thread.
 */
public final class PacedReaders implements AutoCloseable {

	private static final int PAUSE_MILLIS = 20;

	private final List<Reader> readers = new ArrayList<>();

	/**
	 * Add a client of HTTP/1.1 that reads what it may from its socket.
	 * @param port the port
	 * @param path what to read
	 * @param rate bytes a second
	 * @param receiveBuffer the size of its receive buffer, 0 for the default
	 */
	public void http1(int port, String path, int rate, int receiveBuffer) {
		String request = "GET " + path + " HTTP/1.1\r\nHost: test\r\n\r\n";
		this.readers.add(new Http1Reader(connect(port, receiveBuffer, request.getBytes(StandardCharsets.US_ASCII)),
				rate, "HTTP/1.1 at " + rate + " B/s with a buffer of " + receiveBuffer + " from " + port));
	}

	/**
	 * Add a client of HTTP/2 that reads its socket at once and opens its window at a
	 * rate.
	 * @param port the port
	 * @param path what to read
	 * @param rate bytes a second
	 * @param update by how much at a time it opens its window
	 */
	public void http2(int port, String path, int rate, int update) {
		this.readers.add(new Http2Reader(connect(port, 0, Http2Reader.request(path)), rate, update,
				"HTTP/2 at " + rate + " B/s with updates of " + update));
	}

	private static SocketChannel connect(int port, int receiveBuffer, byte[] request) {
		try {
			SocketChannel socket = SocketChannel.open();
			if (receiveBuffer > 0) {
				socket.setOption(StandardSocketOptions.SO_RCVBUF, receiveBuffer);
			}
			socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
			socket.write(ByteBuffer.wrap(request));
			socket.configureBlocking(false);
			return socket;
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

	/**
	 * Read.
	 * @param seconds for how long
	 */
	public void read(int seconds) {
		long start = System.nanoTime();
		long elapsed;
		do {
			Pause.millis(PAUSE_MILLIS);
			elapsed = System.nanoTime() - start;
			for (Reader reader : this.readers) {
				reader.readUntil(elapsed);
			}
		}
		while (elapsed < seconds * 1_000_000_000L);
		for (Reader reader : this.readers) {
			reader.compare(elapsed);
		}
	}

	/**
	 * Return how many there are.
	 * @return the number
	 */
	public int count() {
		return this.readers.size();
	}

	/**
	 * Return which of them were cut off, or got less than half of what they could read.
	 * @return what they are and what became of them
	 */
	public List<String> cut() {
		return this.readers.stream().filter((reader) -> reader.cut != null).map((reader) -> reader.cut).toList();
	}

	@Override
	public void close() {
		for (Reader reader : this.readers) {
			try {
				reader.socket.close();
			}
			catch (IOException ex) {
				throw new UncheckedIOException(ex);
			}
		}
	}

	/**
	 * One client.
	 */
	private abstract static class Reader {

		final SocketChannel socket;

		final int rate;

		final String name;

		long done;

		String cut;

		Reader(SocketChannel socket, int rate, String name) {
			this.socket = socket;
			this.rate = rate;
			this.name = name;
		}

		final void readUntil(long elapsed) {
			if (this.cut != null) {
				return;
			}
			String why;
			try {
				why = read((long) (this.rate * (elapsed / 1e9)) - this.done);
			}
			catch (IOException ex) {
				why = ex.getMessage();
			}
			if (why != null) {
				this.cut = this.name + " after " + elapsed / 1_000_000_000L + " s: " + why;
			}
		}

		final void compare(long elapsed) {
			if (this.cut == null && this.done < this.rate * (elapsed / 2e9)) {
				this.cut = this.name + " got no more than " + this.done;
			}
		}

		/**
		 * Read.
		 * @param bytes how many it may
		 * @return why there is no more, or {@code null}
		 */
		abstract String read(long bytes) throws IOException;

	}

	/**
	 * Reads its socket slowly.
	 */
	private static final class Http1Reader extends Reader {

		private final ByteBuffer buffer = ByteBuffer.allocate(64 * 1024);

		Http1Reader(SocketChannel socket, int rate, String name) {
			super(socket, rate, name);
		}

		@Override
		String read(long bytes) throws IOException {
			if (bytes <= 0) {
				return null;
			}
			int read = this.socket.read(this.buffer.clear().limit((int) Math.min(bytes, this.buffer.capacity())));
			this.done += Math.max(read, 0);
			return (read < 0) ? "closed" : null;
		}

	}

	/**
	 * Reads its socket at once and opens its windows slowly.
	 */
	private static final class Http2Reader extends Reader {

		private final int update;

		private final ByteBuffer buffer = ByteBuffer.allocate(64 * 1024);

		/** Bytes of data that have come. */
		private long received;

		/** Bytes that are still to come of the payload of the present frame. */
		private int payload;

		private long updated;

		Http2Reader(SocketChannel socket, int rate, int update, String name) {
			super(socket, rate, name);
			this.update = update;
		}

		static byte[] request(String path) {
			byte[] headers = RawHttp2.headers("GET", path);
			byte[] preface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".getBytes(StandardCharsets.US_ASCII);
			ByteBuffer bytes = ByteBuffer.allocate(preface.length + 9 + 9 + headers.length);
			bytes.put(preface).put(new byte[] { 0, 0, 0, 4, 0, 0, 0, 0, 0 });
			bytes.putInt(headers.length << 8 | RawHttp2.HEADERS).put((byte) 5).putInt(1).put(headers);
			return bytes.array();
		}

		@Override
		String read(long bytes) throws IOException {
			String ended = receive();
			this.done += Math.min(Math.max(bytes, 0), this.received - this.done);
			if (this.done - this.updated >= this.update) {
				int delta = (int) (this.done - this.updated);
				this.updated = this.done;
				ByteBuffer frames = ByteBuffer.allocate(26);
				for (int stream = 0; stream <= 1; stream++) {
					frames.putInt(4 << 8 | 8).put((byte) 0).putInt(stream).putInt(delta);
				}
				this.socket.write(frames.flip());
			}
			return ended;
		}

		private String receive() throws IOException {
			int read;
			while ((read = this.socket.read(this.buffer)) > 0) {
				this.buffer.flip();
				String ended = frames();
				this.buffer.compact();
				if (ended != null) {
					return ended;
				}
			}
			return (read < 0) ? "closed" : null;
		}

		private String frames() {
			while (true) {
				int part = Math.min(this.payload, this.buffer.remaining());
				this.buffer.position(this.buffer.position() + part);
				this.payload -= part;
				if (this.payload > 0 || this.buffer.remaining() < 9) {
					return null;
				}
				int head = this.buffer.getInt();
				this.buffer.position(this.buffer.position() + 5);
				this.payload = head >>> 8;
				int type = head & 0xff;
				if (type == RawHttp2.DATA) {
					this.received += this.payload;
				}
				else if (type == RawHttp2.RST_STREAM || type == RawHttp2.GOAWAY) {
					return "frame of type " + type;
				}
			}
		}

	}

}
