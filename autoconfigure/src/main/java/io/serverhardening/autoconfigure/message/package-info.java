/**
 * Guards that know messages: deduplication, webhooks, and the store that both share.
 */
@NullMarked
package io.serverhardening.autoconfigure.message;

import org.jspecify.annotations.NullMarked;
