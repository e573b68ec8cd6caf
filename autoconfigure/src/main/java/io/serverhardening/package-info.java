/**
 * The public API: what an application implements, replaces or reads. Everything else is
 * wiring that applications reach through {@code server.hardening.*} properties only.
 */
@NullMarked
package io.serverhardening;

import org.jspecify.annotations.NullMarked;
