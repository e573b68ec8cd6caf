package io.serverhardening.deduplication.memory;

import java.util.function.LongSupplier;

import io.serverhardening.deduplication.record.Claim;
import io.serverhardening.deduplication.record.ClaimRequest;
import org.jspecify.annotations.Nullable;

/**
 * Messages that have failed or were given up in this process, and nobody is at. Another
 * store that is asked for them may know more.
 */
public final class FreeMessages {

	private final MemoryRecordStore store;

	private final MessageTable table;

	private final LongSupplier time;

	/**
	 * Create the messages.
	 * @param store has the lock
	 * @param table has the messages
	 * @param time the clock, milliseconds
	 */
	FreeMessages(MemoryRecordStore store, MessageTable table, LongSupplier time) {
		this.store = store;
		this.table = table;
		this.time = time;
	}

	/**
	 * Whether a message is one of them.
	 * @param request the wish
	 * @return {@code true} if whoever asks again may begin it
	 */
	public boolean has(ClaimRequest request) {
		long now = this.time.getAsLong();
		return this.store.locked(() -> this.table.isFree(request, now));
	}

	/**
	 * Ask for a message.
	 * @param request who asks for what
	 * @return whether it is granted, {@code null} where it is not one of them
	 */
	public @Nullable Claim claim(ClaimRequest request) {
		long now = this.time.getAsLong();
		return this.store.locked(() -> this.table.isFree(request, now) ? this.table.claim(request, now) : null);
	}

	/**
	 * Forget that a message has failed or was given up: the store that was asked for it
	 * knows more. What the same owner has given up since it asked is not forgotten.
	 * @param request the wish
	 */
	public void forget(ClaimRequest request) {
		if (this.store.isUsed()) {
			long now = this.time.getAsLong();
			this.store.locked(() -> this.table.forgetFree(request, now));
		}
	}

}
