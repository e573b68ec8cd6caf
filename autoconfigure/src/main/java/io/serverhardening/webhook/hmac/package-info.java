/**
 * Senders that sign with a shared secret.
 */
@NullMarked
package io.serverhardening.webhook.hmac;

import org.jspecify.annotations.NullMarked;
