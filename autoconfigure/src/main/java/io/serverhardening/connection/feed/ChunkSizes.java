package io.serverhardening.connection.feed;

import io.netty.buffer.ByteBuf;

/**
 * Follows a chunked body from size to size: the codec takes {@code 3 x} and
 * <code> 3</code> for 3, and others do not. Bytes of the chunks themselves are skipped.
 */
final class ChunkSizes {

	/** More than an {@code int} has: the codec refuses it. */
	private static final long TOO_LARGE = Integer.MAX_VALUE;

	private State state = State.OVER;

	/** What the present line says, or what is left of the present chunk. */
	private long size;

	/**
	 * A chunked body begins.
	 */
	void begin() {
		this.state = State.SIZE_BEGINS;
		this.size = 0;
	}

	/**
	 * Look at bytes before the codec does.
	 * @param bytes what has come, left as it is
	 * @return {@code false} if there is something that is no size
	 */
	boolean look(ByteBuf bytes) {
		int index = bytes.readerIndex();
		while (index < bytes.writerIndex() && this.state != State.OVER) {
			if (this.state == State.CHUNK) {
				long skipped = Math.min(this.size, bytes.writerIndex() - index);
				index += (int) skipped;
				this.size -= skipped;
				if (this.size == 0) {
					begin();
				}
			}
			else if (!step(bytes.getByte(index++))) {
				this.state = State.OVER;
				return false;
			}
		}
		return true;
	}

	private boolean step(byte next) {
		return switch (this.state) {
			case SIZE_BEGINS, SIZE -> size(next);
			case SPACE -> space(next);
			// Netty looks at them.
			case EXTENSION -> (next != '\n') || lineEnded();
			case LINE_ENDS -> next == '\n' && lineEnded();
			case CHUNK, OVER -> true;
		};
	}

	private boolean size(byte next) {
		int digit = Character.digit(next, 16);
		if (digit >= 0) {
			this.state = State.SIZE;
			this.size = this.size * 16 + digit;
			return this.size <= TOO_LARGE;
		}
		return this.state == State.SIZE && space(next);
	}

	// There may be some before an extension (RFC 9112, 7.1.1).
	private boolean space(byte next) {
		switch (next) {
			case ' ', '\t' -> this.state = State.SPACE;
			case ';' -> this.state = State.EXTENSION;
			case '\r' -> {
				if (this.state == State.SPACE) {
					return false;
				}
				this.state = State.LINE_ENDS;
			}
			default -> {
				return false;
			}
		}
		return true;
	}

	private boolean lineEnded() {
		// The line end after a chunk is two bytes of the chunk, as far as this goes; what
		// follows the last is trailers.
		this.state = (this.size > 0) ? State.CHUNK : State.OVER;
		this.size += 2;
		return true;
	}

	private enum State {

		SIZE_BEGINS, SIZE, SPACE, EXTENSION, LINE_ENDS, CHUNK, OVER

	}

}
