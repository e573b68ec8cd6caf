/**
 * Properties, their validation and origin, and the wiring of features into routes.
 */
@NullMarked
package io.serverhardening.autoconfigure;

import org.jspecify.annotations.NullMarked;
