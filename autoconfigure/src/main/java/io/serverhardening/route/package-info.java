/**
 * Which policy a request falls under: path pattern and methods, compiled once and matched
 * once per request, and the guards that stand before its handler.
 */
@NullMarked
package io.serverhardening.route;

import org.jspecify.annotations.NullMarked;
