/**
 * What operators read: the Actuator endpoint and health.
 */
@NullMarked
package io.serverhardening.actuate;

import org.jspecify.annotations.NullMarked;
