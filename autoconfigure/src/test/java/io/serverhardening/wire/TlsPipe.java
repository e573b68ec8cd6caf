package io.serverhardening.wire;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.SocketException;
import java.nio.ByteBuffer;
import java.security.GeneralSecurityException;
import java.util.SplittableRandom;

import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLEngineResult;
import javax.net.ssl.SSLEngineResult.HandshakeStatus;
import javax.net.ssl.SSLParameters;

import io.netty.handler.ssl.util.InsecureTrustManagerFactory;

/**
 * A connection behind TLS whose client decides how large its records are, and sends many
 * of them at once: the server reads them in one go, which no {@code SSLSocket} makes it
 * do.
 */
final class TlsPipe implements Pipe {

	private static final SSLContext CONTEXT = context();

	private final PlainPipe wire;

	private final SSLEngine engine;

	private final SplittableRandom random;

	/** The largest record of this connection. */
	private final int record;

	private final byte[] piece = new byte[64 * 1024];

	private ByteBuffer encrypted = ByteBuffer.allocate(256 * 1024).flip();

	private final ByteBuffer clear = ByteBuffer.allocate(64 * 1024).flip();

	TlsPipe(int port, String protocol, long seed) {
		this.random = new SplittableRandom(seed);
		this.record = new int[] { 50, 500, 4000, 16_384 }[this.random.nextInt(4)];
		this.wire = new PlainPipe(port);
		this.engine = CONTEXT.createSSLEngine();
		this.engine.setUseClientMode(true);
		SSLParameters parameters = this.engine.getSSLParameters();
		parameters.setApplicationProtocols(new String[] { protocol });
		this.engine.setSSLParameters(parameters);
		try {
			this.engine.beginHandshake();
			handshake();
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

	private static SSLContext context() {
		try {
			SSLContext context = SSLContext.getInstance("TLS");
			context.init(null, InsecureTrustManagerFactory.INSTANCE.getTrustManagers(), null);
			return context;
		}
		catch (GeneralSecurityException ex) {
			throw new IllegalStateException(ex);
		}
	}

	private void handshake() throws IOException {
		HandshakeStatus status = this.engine.getHandshakeStatus();
		while (status != HandshakeStatus.FINISHED && status != HandshakeStatus.NOT_HANDSHAKING) {
			switch (status) {
				case NEED_TASK -> {
					runTasks();
					status = this.engine.getHandshakeStatus();
				}
				case NEED_WRAP -> status = wrap(ByteBuffer.allocate(0));
				default -> {
					this.clear.compact();
					SSLEngineResult result = this.engine.unwrap(this.encrypted, this.clear);
					this.clear.flip();
					status = result.getHandshakeStatus();
					if (result.getStatus() == SSLEngineResult.Status.BUFFER_UNDERFLOW && !receive()) {
						throw new SocketException("The handshake was cut");
					}
				}
			}
		}
	}

	private void runTasks() {
		for (Runnable task = this.engine.getDelegatedTask(); task != null; task = this.engine.getDelegatedTask()) {
			task.run();
		}
	}

	private HandshakeStatus wrap(ByteBuffer bytes) throws IOException {
		ByteBuffer out = ByteBuffer.allocate(this.engine.getSession().getPacketBufferSize());
		SSLEngineResult result = this.engine.wrap(bytes, out);
		this.wire.write(out.array(), 0, out.position());
		return result.getHandshakeStatus();
	}

	private boolean receive() throws IOException {
		int size = this.wire.read(this.piece);
		if (size < 0) {
			return false;
		}
		this.encrypted.compact();
		this.encrypted.put(this.piece, 0, size).flip();
		return true;
	}

	@Override
	public synchronized void write(byte[] bytes, int from, int size) throws IOException {
		ByteArrayOutputStream records = new ByteArrayOutputStream(size + size / 4 + 100);
		ByteBuffer out = ByteBuffer.allocate(this.engine.getSession().getPacketBufferSize());
		for (int at = from; at < from + size;) {
			int length = Math.min(1 + this.random.nextInt(this.record), from + size - at);
			// A record may hold a little less than the largest there is.
			at += this.engine.wrap(ByteBuffer.wrap(bytes, at, length), out).bytesConsumed();
			records.write(out.array(), 0, out.position());
			out.clear();
		}
		this.wire.write(records.toByteArray(), 0, records.size());
	}

	@Override
	public int read(byte[] into) throws IOException {
		while (!this.clear.hasRemaining()) {
			this.clear.compact();
			SSLEngineResult result = this.engine.unwrap(this.encrypted, this.clear);
			this.clear.flip();
			if (result.getHandshakeStatus() == HandshakeStatus.NEED_TASK) {
				runTasks();
			}
			if (result.getStatus() == SSLEngineResult.Status.CLOSED) {
				return -1;
			}
			if (result.getStatus() == SSLEngineResult.Status.BUFFER_UNDERFLOW && !receive()) {
				// Without its alert, the end may be anybody's.
				throw new SocketException("The connection ended without an alert of TLS");
			}
		}
		int size = Math.min(into.length, this.clear.remaining());
		this.clear.get(into, 0, size);
		return size;
	}

	@Override
	public void reset() {
		this.wire.reset();
	}

	@Override
	public void close() {
		this.wire.close();
	}

}
