package io.serverhardening.deduplication;

import java.time.Instant;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentLinkedDeque;
import java.util.concurrent.atomic.LongAdder;

/**
 * What has happened to the messages of a route.
 */
public final class DeduplicationActivity {

	private static final int RECENT = 20;

	private final Map<DeduplicationEvent, LongAdder> counts = new EnumMap<>(DeduplicationEvent.class);

	private final ConcurrentLinkedDeque<Incident> incidents = new ConcurrentLinkedDeque<>();

	DeduplicationActivity() {
		for (DeduplicationEvent event : DeduplicationEvent.values()) {
			this.counts.put(event, new LongAdder());
		}
	}

	void count(DeduplicationEvent event) {
		LongAdder count = this.counts.get(event);
		if (count != null) {
			count.increment();
		}
	}

	/**
	 * Count something that an operator may want to look into.
	 * @param event what
	 * @param id the message
	 */
	void incident(DeduplicationEvent event, String id) {
		count(event);
		this.incidents.addFirst(new Incident(event, id, Instant.now()));
		if (this.incidents.size() > RECENT) {
			this.incidents.pollLast();
		}
	}

	/**
	 * Return how often something has happened.
	 * @param event what
	 * @return how often
	 */
	public long total(DeduplicationEvent event) {
		LongAdder count = this.counts.get(event);
		return (count != null) ? count.sum() : 0;
	}

	/**
	 * Return the messages that did not go well lately.
	 * @return the last twenty, the last one first
	 */
	public List<Incident> incidents() {
		return new ArrayList<>(this.incidents);
	}

	/**
	 * A message that did not go well.
	 *
	 * @param event what happened
	 * @param id what the message is known by
	 * @param at when
	 */
	public record Incident(DeduplicationEvent event, String id, Instant at) {

	}

}
