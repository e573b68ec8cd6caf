package io.serverhardening.connection.feed;

import java.util.ArrayDeque;
import java.util.Deque;

import io.netty.buffer.ByteBuf;
import io.netty.util.ReferenceCountUtil;
import org.jspecify.annotations.Nullable;

/**
 * The bytes of one connection that the codec has not been given. Most never have any.
 */
final class HeldBytes {

	private @Nullable Deque<ByteBuf> held;

	boolean isEmpty() {
		return this.held == null || this.held.isEmpty();
	}

	void addFirst(ByteBuf bytes) {
		held().addFirst(bytes);
	}

	void addLast(ByteBuf bytes) {
		held().addLast(bytes);
	}

	private Deque<ByteBuf> held() {
		Deque<ByteBuf> held = (this.held != null) ? this.held : new ArrayDeque<>();
		this.held = held;
		return held;
	}

	@Nullable ByteBuf poll() {
		return (this.held != null) ? this.held.poll() : null;
	}

	void release() {
		if (this.held != null) {
			this.held.forEach(ReferenceCountUtil::release);
			this.held = null;
		}
	}

}
