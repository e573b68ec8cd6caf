/**
 * Who signed a push, and is it fresh.
 */
@NullMarked
package io.serverhardening.webhook;

import org.jspecify.annotations.NullMarked;
