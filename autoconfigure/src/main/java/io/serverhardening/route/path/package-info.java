/**
 * Paths: the patterns of routes, and the ways in which a path can be read.
 */
@NullMarked
package io.serverhardening.route.path;

import org.jspecify.annotations.NullMarked;
