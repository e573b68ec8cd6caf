/**
 * The records of messages in Redis.
 */
@NullMarked
package io.serverhardening.deduplication.redis;

import org.jspecify.annotations.NullMarked;
