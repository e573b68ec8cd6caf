package io.serverhardening.deduplication.record;

import java.time.Duration;

import org.jspecify.annotations.Nullable;

/**
 * What a store knows of a message.
 *
 * @param route the id of its route, empty in a store that has one route only
 * @param state what has become of it
 * @param owner who runs its handler, or ran it last
 * @param token the token of that run
 * @param attempt how many runs there have been
 * @param deliveries how many copies have come
 * @param age the time since the first of them
 * @param lease the time for which the claim still holds, zero where it does not
 * @param answer what copies are answered, {@code null} where nothing is kept
 */
public record MessageRecord(String route, RecordState state, String owner, long token, int attempt, int deliveries,
		Duration age, Duration lease, @Nullable Answer answer) {

}
