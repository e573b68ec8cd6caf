/**
 * Answers a repeated message once.
 */
@NullMarked
package io.serverhardening.deduplication;

import org.jspecify.annotations.NullMarked;
