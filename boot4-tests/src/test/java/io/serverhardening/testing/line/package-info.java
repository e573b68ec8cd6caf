/**
 * What tests need of types that Spring Boot 4 has moved. The tests on Spring Boot 4 have
 * classes of the same names.
 */
@NullMarked
package io.serverhardening.testing.line;

import org.jspecify.annotations.NullMarked;
