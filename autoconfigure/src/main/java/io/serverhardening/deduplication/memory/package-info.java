/**
 * Remembers messages in this process.
 */
@NullMarked
package io.serverhardening.deduplication.memory;

import org.jspecify.annotations.NullMarked;
