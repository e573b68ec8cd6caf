/**
 * What the mini program calls.
 */
@NullMarked
package io.serverhardening.sample.api;

import org.jspecify.annotations.NullMarked;
