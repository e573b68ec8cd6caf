/**
 * Which connections are open, and what became of the others: counters and the log.
 */
@NullMarked
package io.serverhardening.connection.registry;

import org.jspecify.annotations.NullMarked;
