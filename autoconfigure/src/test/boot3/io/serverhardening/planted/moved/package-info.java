/**
 * What breaks rules that concern Spring Boot 3 only.
 */
@NullMarked
package io.serverhardening.planted.moved;

import org.jspecify.annotations.NullMarked;
