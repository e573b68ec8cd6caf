/**
 * Decides whether a push is its sender's, and fresh.
 */
@NullMarked
package io.serverhardening.webhook;

import org.jspecify.annotations.NullMarked;
