/**
 * What is bound to types that Spring Boot 4 has where Spring Boot 3 has them elsewhere.
 */
@NullMarked
package io.serverhardening.autoconfigure.boot4;

import org.jspecify.annotations.NullMarked;
