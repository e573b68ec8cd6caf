/**
 * Auto-configurations, and the beans that they make of settings.
 */
@NullMarked
package io.serverhardening.autoconfigure;

import org.jspecify.annotations.NullMarked;
