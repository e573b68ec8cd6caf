package io.serverhardening.deduplication.memory;

import java.util.Arrays;

/**
 * Which message's time is over first, whatever the order in which they came: how long
 * messages are remembered may change while they are. A heap in arrays of numbers, which
 * the collector does not read. A message whose time is later than most stays where it was
 * put, at the end.
 */
final class MessageTimes {

	private static final int SMALLEST = 256;

	/** The times. That of each is not after those of the two below it. */
	private long[] times = new long[SMALLEST];

	/** Whose time it is: the number of a row. */
	private int[] rows = new int[SMALLEST];

	/** Where the time of each row is. */
	private int[] places = places(SMALLEST, 0);

	private int size;

	/**
	 * Have room for another message. What comes after it cannot fail, and where there is
	 * no memory nothing has changed.
	 */
	void expectOne() {
		int length = this.times.length;
		if (this.size == length) {
			long[] times = Arrays.copyOf(this.times, length * 2);
			int[] rows = Arrays.copyOf(this.rows, length * 2);
			int[] places = places(length * 2, length);
			System.arraycopy(this.places, 0, places, 0, length);
			this.times = times;
			this.rows = rows;
			this.places = places;
		}
	}

	private static int[] places(int length, int from) {
		int[] places = new int[length];
		Arrays.fill(places, from, length, MessageRows.NONE);
		return places;
	}

	/**
	 * Set the time of a message.
	 * @param row the number of its row, below the most messages that there have been
	 * @param time when its time is over
	 */
	void put(int row, long time) {
		int place = this.places[row];
		if (place == MessageRows.NONE) {
			rise(this.size++, row, time);
		}
		else {
			move(place, row, time);
		}
	}

	/**
	 * Forget the time of a message.
	 * @param row the number of its row
	 */
	void remove(int row) {
		int place = this.places[row];
		this.places[row] = MessageRows.NONE;
		int last = --this.size;
		if (place != last) {
			move(place, this.rows[last], this.times[last]);
		}
	}

	/**
	 * Return a message whose time is over.
	 * @param now the time
	 * @return the number of the row whose time was over first, {@link MessageRows#NONE}
	 * if that of none is
	 */
	int over(long now) {
		return (this.size > 0 && this.times[0] <= now) ? this.rows[0] : MessageRows.NONE;
	}

	private void move(int place, int row, long time) {
		if (place > 0 && time < this.times[above(place)]) {
			rise(place, row, time);
		}
		else {
			sink(place, row, time);
		}
	}

	private void rise(int from, int row, long time) {
		int place = from;
		while (place > 0 && time < this.times[above(place)]) {
			int above = above(place);
			set(place, this.rows[above], this.times[above]);
			place = above;
		}
		set(place, row, time);
	}

	private void sink(int from, int row, long time) {
		int place = from;
		int below = sooner(2 * place + 1);
		while (below < this.size && this.times[below] < time) {
			set(place, this.rows[below], this.times[below]);
			place = below;
			below = sooner(2 * place + 1);
		}
		set(place, row, time);
	}

	private int sooner(int place) {
		int other = place + 1;
		return (other < this.size && this.times[other] < this.times[place]) ? other : place;
	}

	private static int above(int place) {
		return (place - 1) >> 1;
	}

	private void set(int place, int row, long time) {
		this.times[place] = time;
		this.rows[place] = row;
		this.places[row] = place;
	}

}
