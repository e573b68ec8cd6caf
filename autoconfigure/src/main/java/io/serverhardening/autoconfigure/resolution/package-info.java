/**
 * The values in force: settings, routes and defaults resolved into one value and one
 * origin for each key.
 */
@NullMarked
package io.serverhardening.autoconfigure.resolution;

import org.jspecify.annotations.NullMarked;
