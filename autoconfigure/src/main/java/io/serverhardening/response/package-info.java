/**
 * The deadline on producing a response.
 */
@NullMarked
package io.serverhardening.response;

import org.jspecify.annotations.NullMarked;
