/**
 * Requests in flight, and who gives way when there are too many.
 */
@NullMarked
package io.serverhardening.concurrency;

import org.jspecify.annotations.NullMarked;
