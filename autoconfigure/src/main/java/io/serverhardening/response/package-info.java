/**
 * The deadline on producing a response, and what watches the channel for its clocks.
 */
@NullMarked
package io.serverhardening.response;

import org.jspecify.annotations.NullMarked;
