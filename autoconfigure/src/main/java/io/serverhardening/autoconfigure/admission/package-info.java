/**
 * Guards that admit or refuse: rate limits, concurrency and circuit breakers out of
 * settings.
 */
@NullMarked
package io.serverhardening.autoconfigure.admission;

import org.jspecify.annotations.NullMarked;
