/**
 * One voice for everything that is not a success: refusals, and on request the
 * application's own errors.
 */
@NullMarked
package io.serverhardening.errors;

import org.jspecify.annotations.NullMarked;
