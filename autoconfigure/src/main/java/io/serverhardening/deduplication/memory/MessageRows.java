package io.serverhardening.deduplication.memory;

import java.util.Arrays;
import java.util.concurrent.ThreadLocalRandom;

import io.serverhardening.deduplication.record.ClaimRequest;
import org.jspecify.annotations.Nullable;

/**
 * The rows that entries of messages stand in, found by what a message is known by. An
 * entry that is taken out is the next message's: thousands that come and go each second
 * leave nothing for the collector, which would otherwise find each of them old before it
 * is over. For the same reason entries know each other by the numbers of their rows.
 */
final class MessageRows {

	/** The number of no row. */
	static final int NONE = -1;

	private static final int SMALLEST = 256;

	private final int secret = ThreadLocalRandom.current().nextInt() | 1;

	private MessageEntry[] entries = new MessageEntry[SMALLEST];

	/**
	 * Of the id in each row. Others of its chain are passed by without a look at them.
	 */
	private int[] hashes = new int[SMALLEST];

	/** The row after each in its chain. */
	private int[] nexts = new int[SMALLEST];

	/**
	 * The first row of each chain. There are as many chains as there is room for rows.
	 */
	private int[] chains = emptyChains(SMALLEST);

	/** How many rows have an entry, in use or not. */
	private int made;

	/** The first of those that are not in use, which are a chain of their own. */
	private int free = NONE;

	private int size;

	int size() {
		return this.size;
	}

	MessageEntry at(int row) {
		return this.entries[row];
	}

	@Nullable MessageEntry find(String id) {
		int hash = hash(id);
		int row = this.chains[chain(hash)];
		while (row != NONE && !(this.hashes[row] == hash && this.entries[row].isId(id))) {
			row = this.nexts[row];
		}
		return (row != NONE) ? this.entries[row] : null;
	}

	/**
	 * Have an entry for a message that has none.
	 * @param request who asks for it
	 * @param now the time
	 * @return the entry
	 */
	MessageEntry add(ClaimRequest request, long now) {
		if (this.free == NONE) {
			make();
		}
		int row = this.free;
		MessageEntry entry = this.entries[row];
		entry.begin(request, now);
		this.free = this.nexts[row];
		this.hashes[row] = hash(request.id());
		link(row);
		this.size++;
		return entry;
	}

	void remove(MessageEntry entry) {
		int row = entry.row;
		unlink(row);
		entry.end();
		this.nexts[row] = this.free;
		this.free = row;
		this.size--;
	}

	private void make() {
		if (this.made == this.entries.length) {
			grow(this.made * 2);
		}
		this.entries[this.made] = new MessageEntry(this.made);
		this.nexts[this.made] = NONE;
		this.free = this.made++;
	}

	// All of them are in use. Where there is no memory for one array, nothing has
	// changed.
	private void grow(int length) {
		MessageEntry[] entries = Arrays.copyOf(this.entries, length);
		int[] hashes = Arrays.copyOf(this.hashes, length);
		int[] nexts = new int[length];
		int[] chains = emptyChains(length);
		this.entries = entries;
		this.hashes = hashes;
		this.nexts = nexts;
		this.chains = chains;
		for (int row = 0; row < this.made; row++) {
			link(row);
		}
	}

	private void link(int row) {
		int chain = chain(this.hashes[row]);
		this.nexts[row] = this.chains[chain];
		this.chains[chain] = row;
	}

	private void unlink(int row) {
		int chain = chain(this.hashes[row]);
		int before = this.chains[chain];
		if (before == row) {
			this.chains[chain] = this.nexts[row];
			return;
		}
		while (this.nexts[before] != row) {
			before = this.nexts[before];
		}
		this.nexts[before] = this.nexts[row];
	}

	// By a number that nobody knows: whoever chooses keys cannot choose a chain for them.
	private int hash(String id) {
		int hash = 0;
		for (int i = 0; i < id.length(); i++) {
			hash = hash * this.secret + id.charAt(i);
		}
		return hash ^ (hash >>> 16);
	}

	// There is a power of two of them.
	private int chain(int hash) {
		return hash & (this.chains.length - 1);
	}

	private static int[] emptyChains(int count) {
		int[] chains = new int[count];
		Arrays.fill(chains, NONE);
		return chains;
	}

}
