package io.serverhardening.connection;

import io.netty.buffer.ByteBuf;
import io.netty.channel.FileRegion;
import io.serverhardening.connection.registry.LoopTraffic;

/**
 * The bytes of one connection, which count towards those of its event loop.
 */
final class ByteCounts {

	private final LoopTraffic traffic;

	private long read;

	private int pieces;

	private long written;

	ByteCounts(LoopTraffic traffic) {
		this.traffic = traffic;
	}

	void read(int size) {
		this.read += size;
		this.pieces++;
		this.traffic.read(size);
	}

	/**
	 * Something is being written: bytes, or a part of a file.
	 * @param message what
	 */
	void written(Object message) {
		long size = 0;
		if (message instanceof ByteBuf bytes) {
			size = bytes.readableBytes();
		}
		else if (message instanceof FileRegion file) {
			size = file.count() - file.transferred();
		}
		this.written += size;
		this.traffic.written(size);
	}

	long read() {
		return this.read;
	}

	/**
	 * Return in how many pieces that came.
	 * @return the number: with TLS, one a record
	 */
	int pieces() {
		return this.pieces;
	}

	long written() {
		return this.written;
	}

	long total() {
		return this.read + this.written;
	}

	@Override
	public String toString() {
		return this.read + " bytes in, " + this.written + " bytes out";
	}

}
