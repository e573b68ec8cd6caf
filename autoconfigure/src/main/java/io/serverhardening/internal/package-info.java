/**
 * What features are built on and users never see: threads, a log that cannot be flooded,
 * and in the packages below what calls, times, channels and messages share. Not API.
 */
@NullMarked
package io.serverhardening.internal;

import org.jspecify.annotations.NullMarked;
