/**
 * Routes out of resolved settings, their guards in order, and the swap of all of them
 * while requests run.
 */
@NullMarked
package io.serverhardening.autoconfigure.route;

import org.jspecify.annotations.NullMarked;
