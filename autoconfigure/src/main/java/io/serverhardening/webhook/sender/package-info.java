/**
 * What the senders that need no bean have in common.
 */
@NullMarked
package io.serverhardening.webhook.sender;

import org.jspecify.annotations.NullMarked;
