/**
 * What can be written below server.hardening, each with its default and unit.
 */
@NullMarked
package io.serverhardening.autoconfigure.settings;

import org.jspecify.annotations.NullMarked;
