/**
 * Where the edge stands among Spring's handlers, and which filters are behind it.
 */
@NullMarked
package io.serverhardening.route.chain;

import org.jspecify.annotations.NullMarked;
