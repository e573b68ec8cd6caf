/**
 * How code of the application is called, so that what it throws does no harm.
 */
@NullMarked
package io.serverhardening.internal.call;

import org.jspecify.annotations.NullMarked;
