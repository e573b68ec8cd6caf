/**
 * A WeChat mini program and official-account back end.
 */
@NullMarked
package io.serverhardening.sample;

import org.jspecify.annotations.NullMarked;
