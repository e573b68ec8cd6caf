package io.serverhardening.ratelimit;

import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;

/**
 * The keys that are refused most: counts of a bounded number of keys, of which the
 * smallest gives its place, and its count, to a newcomer ("space saving", Metwally and
 * others, 2005). A key that is refused often cannot be missing; counts are too high
 * rather than too low.
 */
final class RefusedKeys {

	static final int MAX_KEYS = 128;

	private final Map<Object, AtomicLong> counts = new ConcurrentHashMap<>();

	private final AtomicBoolean replacing = new AtomicBoolean();

	void count(Object key) {
		AtomicLong count = this.counts.get(key);
		if (count != null) {
			count.incrementAndGet();
		}
		else if (this.replacing.compareAndSet(false, true)) {
			// Who comes at the same moment is not counted: nobody waits for this list.
			try {
				AtomicLong meanwhile = this.counts.get(key);
				if (meanwhile != null) {
					meanwhile.incrementAndGet();
				}
				else {
					add(key);
				}
			}
			finally {
				this.replacing.set(false);
			}
		}
	}

	private void add(Object key) {
		long start = 0;
		if (this.counts.size() >= MAX_KEYS) {
			Object smallest = null;
			start = Long.MAX_VALUE;
			for (Map.Entry<Object, AtomicLong> entry : this.counts.entrySet()) {
				if (entry.getValue().get() < start) {
					smallest = entry.getKey();
					start = entry.getValue().get();
				}
			}
			if (smallest != null) {
				this.counts.remove(smallest);
			}
		}
		this.counts.put(key, new AtomicLong(start + 1));
	}

	/**
	 * Return the keys that are refused most.
	 * @param limit how many
	 * @return the keys and their counts, the largest first
	 */
	List<Map.Entry<Object, Long>> top(int limit) {
		return this.counts.entrySet()
			.stream()
			.map((entry) -> Map.entry(entry.getKey(), entry.getValue().get()))
			.sorted(Comparator.comparingLong((Map.Entry<Object, Long> entry) -> entry.getValue()).reversed())
			.limit(limit)
			.toList();
	}

	int size() {
		return this.counts.size();
	}

}
