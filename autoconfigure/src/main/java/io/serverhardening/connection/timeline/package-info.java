/**
 * What a connection is doing and since when, and which clock that leaves running.
 */
@NullMarked
package io.serverhardening.connection.timeline;

import org.jspecify.annotations.NullMarked;
