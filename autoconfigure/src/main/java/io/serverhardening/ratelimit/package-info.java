/**
 * Requests per client and period.
 */
@NullMarked
package io.serverhardening.ratelimit;

import org.jspecify.annotations.NullMarked;
