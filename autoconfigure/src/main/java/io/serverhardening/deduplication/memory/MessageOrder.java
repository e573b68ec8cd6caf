package io.serverhardening.deduplication.memory;

import org.jspecify.annotations.Nullable;

/**
 * Messages in the order in which they came to be what they are. A message stands in one
 * order at a time, and links it itself: to find it costs nothing more than to have it.
 */
final class MessageOrder {

	private @Nullable MessageEntry first;

	private @Nullable MessageEntry last;

	private int size;

	@Nullable MessageEntry first() {
		return this.first;
	}

	int size() {
		return this.size;
	}

	void add(MessageEntry entry) {
		MessageEntry last = this.last;
		entry.order = this;
		entry.before = last;
		if (last == null) {
			this.first = entry;
		}
		else {
			last.after = entry;
		}
		this.last = entry;
		this.size++;
	}

	void remove(MessageEntry entry) {
		MessageEntry before = entry.before;
		MessageEntry after = entry.after;
		if (before == null) {
			this.first = after;
		}
		else {
			before.after = after;
		}
		if (after == null) {
			this.last = before;
		}
		else {
			after.before = before;
		}
		entry.order = null;
		entry.before = null;
		entry.after = null;
		this.size--;
	}

}
