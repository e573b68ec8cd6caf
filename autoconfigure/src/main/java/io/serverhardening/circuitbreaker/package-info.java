/**
 * Stops calling what fails.
 */
@NullMarked
package io.serverhardening.circuitbreaker;

import org.jspecify.annotations.NullMarked;
