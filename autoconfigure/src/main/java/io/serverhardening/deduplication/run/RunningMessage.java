package io.serverhardening.deduplication.run;

import java.time.Duration;

/**
 * A message that is being handled here.
 *
 * @param id what it is known by
 * @param owner who runs its handler
 * @param attempt how many runs there have been, this one included
 * @param elapsed for how long it has been running
 * @param lease the time for which the claim still holds
 * @param abandoned whether nobody waits for it any more
 */
public record RunningMessage(String id, String owner, int attempt, Duration elapsed, Duration lease,
		boolean abandoned) {

}
