/**
 * How a refusal is said: to the client, to listeners and in the log.
 */
@NullMarked
package io.serverhardening.route.rejection;

import org.jspecify.annotations.NullMarked;
