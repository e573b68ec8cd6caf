/**
 * What operators read: the Actuator endpoint, health, meters and the log of refusals.
 */
@NullMarked
package io.serverhardening.actuate;

import org.jspecify.annotations.NullMarked;
