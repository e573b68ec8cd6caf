/**
 * The server that hardening is put on: its limits and clocks, what its start says, and
 * its shutdown.
 */
@NullMarked
package io.serverhardening.autoconfigure.server;

import org.jspecify.annotations.NullMarked;
