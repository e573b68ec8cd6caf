/**
 * A message that is read as a whole, and the fields that are looked for in it.
 */
@NullMarked
package io.serverhardening.internal.message;

import org.jspecify.annotations.NullMarked;
