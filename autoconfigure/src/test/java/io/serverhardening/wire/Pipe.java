package io.serverhardening.wire;

import java.io.IOException;

/**
 * A connection, as a client sees it: bytes out, bytes in, and how it ended.
 */
interface Pipe extends AutoCloseable {

	/**
	 * Write bytes, and wait until the socket has them.
	 * @param bytes the bytes
	 * @param from the first of them
	 * @param size how many
	 * @throws IOException if the connection has ended
	 */
	void write(byte[] bytes, int from, int size) throws IOException;

	/**
	 * Read what there is.
	 * @param into where to put it
	 * @return how many bytes, or -1 if the server has said that there is no more
	 * @throws java.net.SocketTimeoutException if nothing came for long
	 * @throws IOException if the connection was reset
	 */
	int read(byte[] into) throws IOException;

	/**
	 * Leave without a word: the socket is reset.
	 */
	void reset();

	@Override
	void close();

}
