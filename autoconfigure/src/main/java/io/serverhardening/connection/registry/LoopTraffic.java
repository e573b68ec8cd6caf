package io.serverhardening.connection.registry;

import java.util.concurrent.atomic.AtomicLongArray;

/**
 * Bytes on the connections of one event loop, which alone writes the numbers.
 */
public final class LoopTraffic {

	/** Room for two lines of a cache, which processors fetch in pairs. */
	private static final int APART = 16;

	private static final int READ = APART;

	private static final int WRITTEN = APART + 1;

	/** The numbers of two loops on one line would be fought for at each request. */
	private final AtomicLongArray numbers = new AtomicLongArray(2 * APART + 2);

	public void read(long bytes) {
		this.numbers.setOpaque(READ, this.numbers.getPlain(READ) + bytes);
	}

	public void written(long bytes) {
		this.numbers.setOpaque(WRITTEN, this.numbers.getPlain(WRITTEN) + bytes);
	}

	long read() {
		return this.numbers.get(READ);
	}

	long written() {
		return this.numbers.get(WRITTEN);
	}

}
