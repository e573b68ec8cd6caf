package io.serverhardening.testing;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.function.IntConsumer;

import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManager;
import javax.net.ssl.X509ExtendedTrustManager;

import org.jspecify.annotations.Nullable;

/**
 * A client that does what it is told: no retries, no pooling, no politeness.
 */
public final class RawClient implements AutoCloseable {

	private final Socket socket;

	/** Where the bytes go, with TLS or without. */
	private final Socket wire;

	private final InputStream in;

	RawClient(int port) {
		this(port, 0);
	}

	RawClient(int port, int receiveBuffer) {
		try {
			Socket socket = new Socket();
			if (receiveBuffer > 0) {
				socket.setReceiveBufferSize(receiveBuffer);
			}
			socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
			this.socket = socket;
			this.wire = socket;
			this.socket.setSoTimeout(20_000);
			this.socket.setTcpNoDelay(true);
			this.in = this.socket.getInputStream();
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

	RawClient(int port, String protocol) {
		this(port, protocol, null);
	}

	RawClient(int port, String protocol, @Nullable String version) {
		try {
			SSLContext context = SSLContext.getInstance("TLS");
			context.init(null, new TrustManager[] { new TrustEveryone() }, null);
			this.wire = new Socket(InetAddress.getLoopbackAddress(), port);
			SSLSocket tls = (SSLSocket) context.getSocketFactory().createSocket(this.wire, "localhost", port, true);
			SSLParameters parameters = tls.getSSLParameters();
			parameters.setApplicationProtocols(new String[] { protocol });
			if (version != null) {
				parameters.setProtocols(new String[] { version });
			}
			tls.setSSLParameters(parameters);
			tls.startHandshake();
			this.socket = tls;
			this.socket.setSoTimeout(20_000);
			this.in = tls.getInputStream();
		}
		catch (GeneralSecurityException ex) {
			throw new IllegalStateException(ex);
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

	/**
	 * Send the head of a request without a body.
	 * @param method the method
	 * @param target path and query
	 * @param headers header lines
	 * @return this client
	 */
	public RawClient send(String method, String target, String... headers) {
		StringBuilder head = new StringBuilder(method).append(' ').append(target).append(" HTTP/1.1\r\nHost: test\r\n");
		for (String header : headers) {
			head.append(header).append("\r\n");
		}
		return write(head.append("\r\n").toString());
	}

	/**
	 * Write text as it is.
	 * @param text the text
	 * @return this client
	 */
	public RawClient write(String text) {
		try {
			this.socket.getOutputStream().write(text.getBytes(StandardCharsets.ISO_8859_1));
			return this;
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

	/**
	 * Write bytes as they are.
	 * @param bytes the bytes
	 * @return this client
	 */
	public RawClient write(byte[] bytes) {
		try {
			this.socket.getOutputStream().write(bytes);
			return this;
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

	/**
	 * Write one byte at a time, with a pause before each, until the server has enough.
	 * @param text the text, over and over
	 * @param pause the pause
	 * @param most how long at most
	 * @return how long it went well
	 */
	public Duration drip(String text, Duration pause, Duration most) {
		long start = System.nanoTime();
		try {
			for (int i = 0; System.nanoTime() - start < most.toNanos(); i++) {
				Thread.sleep(pause.toMillis());
				this.socket.getOutputStream().write(text.charAt(i % text.length()));
				if (this.in.available() > 0) {
					break;
				}
			}
		}
		catch (IOException ex) {
			// Closed by the server, which is what this waits for.
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt();
		}
		return Duration.ofNanos(System.nanoTime() - start);
	}

	/**
	 * Whether something of a response has come.
	 * @return {@code true} if there is something to read
	 */
	public boolean hasResponse() {
		try {
			return this.in.available() > 0;
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

	/**
	 * Shake hands once more, which only TLS 1.2 and older can.
	 * @return whether the server would
	 */
	public boolean shakeHandsAgain() {
		try {
			((SSLSocket) this.socket).startHandshake();
			return true;
		}
		catch (IOException ex) {
			return false;
		}
	}

	/**
	 * Write text past TLS.
	 * @param text the text
	 * @return this client
	 */
	public RawClient writePastTls(String text) {
		try {
			this.wire.getOutputStream().write(text.getBytes(StandardCharsets.ISO_8859_1));
			return this;
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

	/**
	 * Say that nothing more will be sent.
	 * @return this client
	 */
	public RawClient finish() {
		try {
			this.socket.shutdownOutput();
			return this;
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

	/**
	 * Leave without a word: the socket is reset.
	 */
	public void reset() {
		try {
			this.socket.setSoLinger(true, 0);
			this.socket.close();
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

	/**
	 * Read one response, to the end that its headers announce.
	 * @return the response
	 */
	public Response response() {
		try {
			String status = line();
			Map<String, String> headers = new LinkedHashMap<>();
			for (String line = line(); !line.isEmpty(); line = line()) {
				int colon = line.indexOf(':');
				headers.merge(line.substring(0, colon).toLowerCase(Locale.ROOT), line.substring(colon + 1).trim(),
						(first, second) -> first + ", " + second);
			}
			return new Response(Integer.parseInt(status.substring(9, 12)), headers, body(headers));
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

	private String body(Map<String, String> headers) throws IOException {
		ByteArrayOutputStream body = new ByteArrayOutputStream();
		if ("chunked".equals(headers.get("transfer-encoding"))) {
			for (int size = Integer.parseInt(line(), 16); size > 0; size = Integer.parseInt(line(), 16)) {
				body.write(exactly(size));
				line();
			}
			line();
		}
		else if (headers.containsKey("content-length")) {
			body.write(exactly(Integer.parseInt(headers.get("content-length"))));
		}
		return body.toString(StandardCharsets.UTF_8);
	}

	private byte[] exactly(int size) throws IOException {
		byte[] bytes = this.in.readNBytes(size);
		if (bytes.length < size) {
			throw new IOException("The response ended after " + bytes.length + " of " + size + " bytes");
		}
		return bytes;
	}

	/**
	 * Read one line.
	 * @return the line without its end
	 * @throws IOException if the connection ends before the line
	 */
	public String line() throws IOException {
		StringBuilder line = new StringBuilder();
		for (int c = this.in.read(); c != '\n'; c = this.in.read()) {
			if (c < 0) {
				throw new IOException("The connection was closed after '" + line + "'");
			}
			line.append((char) c);
		}
		return line.toString().stripTrailing();
	}

	/**
	 * Read the head of a response.
	 * @param name the lowercase name of a header
	 * @return its value
	 */
	public String header(String name) {
		try {
			String value = "";
			for (String line = line(); !line.isEmpty(); line = line()) {
				if (line.toLowerCase(Locale.ROOT).startsWith(name + ":")) {
					value = line.substring(name.length() + 1).trim();
				}
			}
			return value;
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

	/**
	 * Read a whole response and count the bytes of its body, which are zeros.
	 * @param most how many to count at most
	 * @param between what to do between pieces, given the count
	 * @param piece the size of a piece
	 * @return how many there were
	 */
	public int body(int most, IntConsumer between, int piece) {
		header("");
		try {
			int zeros = 0;
			byte[] bytes = new byte[piece];
			for (int n = this.in.read(bytes); n > 0 && zeros < most; n = (zeros < most) ? this.in.read(bytes) : 0) {
				for (int i = 0; i < n; i++) {
					zeros += (bytes[i] == 0) ? 1 : 0;
				}
				between.accept(zeros);
			}
			return zeros;
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

	/**
	 * Read until the connection ends.
	 * @return how it ended
	 */
	public End end() {
		ByteArrayOutputStream received = new ByteArrayOutputStream();
		try {
			this.in.transferTo(received);
			return new End(false, received.toString(StandardCharsets.UTF_8));
		}
		catch (SocketException ex) {
			return new End(true, received.toString(StandardCharsets.UTF_8));
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

	/**
	 * Whether the other side has ended the connection.
	 * @param patience how long to wait for it, and to read what it still has to say
	 * @return {@code false} if it is open
	 */
	public boolean isEnded(Duration patience) {
		try {
			this.socket.setSoTimeout((int) patience.toMillis());
			this.in.transferTo(OutputStream.nullOutputStream());
			return true;
		}
		catch (SocketTimeoutException ex) {
			return false;
		}
		catch (IOException ex) {
			return true;
		}
	}

	/**
	 * Take some bytes and throw them away.
	 * @param size how many
	 * @return how many there were
	 */
	public int take(int size) {
		try {
			return this.in.readNBytes(size).length;
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
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

	/**
	 * Read a number of bytes.
	 * @param size how many
	 * @return the bytes, fewer if the connection ended before
	 */
	public byte[] bytes(int size) {
		try {
			return this.in.readNBytes(size);
		}
		catch (SocketException ex) {
			return new byte[0];
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

	/**
	 * Trusts everyone, on loopback.
	 */
	private static final class TrustEveryone extends X509ExtendedTrustManager {

		@Override
		public void checkClientTrusted(X509Certificate[] chain, String authType, Socket socket) {
		}

		@Override
		public void checkServerTrusted(X509Certificate[] chain, String authType, Socket socket) {
		}

		@Override
		public void checkClientTrusted(X509Certificate[] chain, String authType, SSLEngine engine) {
		}

		@Override
		public void checkServerTrusted(X509Certificate[] chain, String authType, SSLEngine engine) {
		}

		@Override
		public void checkClientTrusted(X509Certificate[] chain, String authType) {
		}

		@Override
		public void checkServerTrusted(X509Certificate[] chain, String authType) {
		}

		@Override
		public X509Certificate[] getAcceptedIssuers() {
			return new X509Certificate[0];
		}

	}

	/**
	 * A response.
	 *
	 * @param status the status
	 * @param headers the headers by lowercase name
	 * @param body the body
	 */
	public record Response(int status, Map<String, String> headers, String body) {

		/**
		 * Return a header.
		 * @param name the lowercase name
		 * @return the value, or {@code null}
		 */
		public String header(String name) {
			return this.headers.get(name);
		}

	}

	/**
	 * How a connection ended.
	 *
	 * @param reset whether it was reset rather than closed
	 * @param received what came before
	 */
	public record End(boolean reset, String received) {

	}

}
