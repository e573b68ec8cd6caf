package io.serverhardening.connection;

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

	void written(long size) {
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

}
