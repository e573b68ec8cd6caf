/**
 * What is bound to types that Spring Boot 3 has where Spring Boot 4 has them elsewhere.
 */
@NullMarked
package io.serverhardening.autoconfigure.boot3;

import org.jspecify.annotations.NullMarked;
