/**
 * The channel behind a request: what it is, how it ends and why.
 */
@NullMarked
package io.serverhardening.internal.channel;

import org.jspecify.annotations.NullMarked;
