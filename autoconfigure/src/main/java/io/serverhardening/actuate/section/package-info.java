/**
 * The sections of the Actuator endpoint, one for each feature.
 */
@NullMarked
package io.serverhardening.actuate.section;

import org.jspecify.annotations.NullMarked;
