package io.serverhardening.wire;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;

/**
 * A connection in clear text.
 */
final class PlainPipe implements Pipe {

	/** Longer than any clock of the server that a pipeline may meet. */
	private static final int STUCK_MILLIS = Integer.getInteger("pipelines.stuck", 60_000);

	private final Socket socket;

	private final InputStream in;

	private final OutputStream out;

	PlainPipe(int port) {
		try {
			this.socket = new Socket();
			this.socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
			this.socket.setSoTimeout(STUCK_MILLIS);
			this.socket.setTcpNoDelay(true);
			this.in = this.socket.getInputStream();
			this.out = this.socket.getOutputStream();
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

	@Override
	public void write(byte[] bytes, int from, int size) throws IOException {
		this.out.write(bytes, from, size);
	}

	@Override
	public int read(byte[] into) throws IOException {
		return this.in.read(into);
	}

	@Override
	public void reset() {
		try {
			this.socket.setSoLinger(true, 0);
		}
		catch (IOException ex) {
			// It has ended already.
		}
		close();
	}

	@Override
	public void close() {
		try {
			this.socket.close();
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

}
