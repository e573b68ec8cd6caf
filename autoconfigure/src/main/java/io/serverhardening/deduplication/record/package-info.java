/**
 * What is remembered of messages, and what remembers it.
 */
@NullMarked
package io.serverhardening.deduplication.record;

import org.jspecify.annotations.NullMarked;
