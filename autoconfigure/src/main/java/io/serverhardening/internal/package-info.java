/**
 * What features are built on and users never see: the channel behind a request, the tick
 * of an event loop, the pace of a transfer, a log that cannot be flooded. Not API.
 */
@NullMarked
package io.serverhardening.internal;

import org.jspecify.annotations.NullMarked;
