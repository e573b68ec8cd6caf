/**
 * The deadline on producing a response, and the pace at which it is taken.
 */
@NullMarked
package io.serverhardening.response;

import org.jspecify.annotations.NullMarked;
