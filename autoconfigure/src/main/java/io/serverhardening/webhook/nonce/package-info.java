/**
 * Remembers what senders use once.
 */
@NullMarked
package io.serverhardening.webhook.nonce;

import org.jspecify.annotations.NullMarked;
