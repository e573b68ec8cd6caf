/**
 * What is told of settings that cannot hold: which key, from where, and what to write.
 */
@NullMarked
package io.serverhardening.autoconfigure.diagnostics;

import org.jspecify.annotations.NullMarked;
