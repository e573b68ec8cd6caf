/**
 * How a route reaches the records of its messages.
 */
@NullMarked
package io.serverhardening.deduplication.access;

import org.jspecify.annotations.NullMarked;
