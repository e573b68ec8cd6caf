/**
 * Handlers that run for nobody's connection.
 */
@NullMarked
package io.serverhardening.deduplication.run;

import org.jspecify.annotations.NullMarked;
