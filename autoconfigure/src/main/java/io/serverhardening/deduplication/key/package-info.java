/**
 * Says what messages are known by.
 */
@NullMarked
package io.serverhardening.deduplication.key;

import org.jspecify.annotations.NullMarked;
