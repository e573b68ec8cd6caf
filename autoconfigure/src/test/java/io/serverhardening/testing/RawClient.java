package io.serverhardening.testing;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.SocketException;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;

/**
 * A client that does what it is told: no retries, no pooling, no politeness.
 */
public final class RawClient implements AutoCloseable {

	private final Socket socket;

	private final InputStream in;

	RawClient(int port) {
		try {
			this.socket = new Socket(InetAddress.getLoopbackAddress(), port);
			this.socket.setSoTimeout(20_000);
			this.socket.setTcpNoDelay(true);
			this.in = this.socket.getInputStream();
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
