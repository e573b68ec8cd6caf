package io.serverhardening.deduplication.memory;

import org.jspecify.annotations.Nullable;

/**
 * Messages in the order in which they came to be what they are. A message stands in one
 * order at a time, and links it itself: to find it costs nothing more than to have it.
 */
final class MessageOrder {

	private final MessageRows rows;

	private int first = MessageRows.NONE;

	private int last = MessageRows.NONE;

	private int size;

	MessageOrder(MessageRows rows) {
		this.rows = rows;
	}

	@Nullable MessageEntry first() {
		return at(this.first);
	}

	@Nullable MessageEntry after(MessageEntry entry) {
		return at(entry.after);
	}

	int size() {
		return this.size;
	}

	void add(MessageEntry entry) {
		MessageEntry last = at(this.last);
		entry.before = this.last;
		entry.after = MessageRows.NONE;
		if (last == null) {
			this.first = entry.row;
		}
		else {
			last.after = entry.row;
		}
		this.last = entry.row;
		this.size++;
	}

	void remove(MessageEntry entry) {
		MessageEntry before = at(entry.before);
		MessageEntry after = at(entry.after);
		if (before == null) {
			this.first = entry.after;
		}
		else {
			before.after = entry.after;
		}
		if (after == null) {
			this.last = entry.before;
		}
		else {
			after.before = entry.before;
		}
		this.size--;
	}

	private @Nullable MessageEntry at(int row) {
		return (row != MessageRows.NONE) ? this.rows.at(row) : null;
	}

}
