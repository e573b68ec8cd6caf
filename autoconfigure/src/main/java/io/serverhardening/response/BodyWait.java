package io.serverhardening.response;

/**
 * How long a server has waited for bytes of a body that its handler asked for. Time is an
 * argument.
 */
final class BodyWait {

	private boolean complete;

	private boolean open;

	private long since;

	private long waited;

	/**
	 * A request begins.
	 * @param complete whether its body is there already, or it has none
	 */
	void begin(boolean complete) {
		this.complete = complete;
		this.open = false;
		this.waited = 0;
	}

	/**
	 * Bytes are asked for.
	 * @param now the time
	 */
	void ask(long now) {
		if (!this.complete && !this.open) {
			this.open = true;
			this.since = now;
		}
	}

	/**
	 * Bytes have arrived.
	 * @param now the time
	 * @param last whether they are the last
	 */
	void arrive(long now, boolean last) {
		settle(now);
		this.open = false;
		this.complete = last;
	}

	/**
	 * Count what has been waited so far.
	 * @param now the time
	 */
	void settle(long now) {
		this.waited = waited(now);
		this.since = now;
	}

	/**
	 * Nobody reads the body any more: the present wait is nobody's.
	 */
	void abandon() {
		this.open = false;
	}

	boolean isOpen() {
		return this.open;
	}

	long waited(long now) {
		return this.open ? this.waited + now - this.since : this.waited;
	}

}
