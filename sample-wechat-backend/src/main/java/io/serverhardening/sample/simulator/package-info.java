/**
 * WeChat's side, to try ours: signs, encrypts, waits five seconds, and tries again.
 */
@NullMarked
package io.serverhardening.sample.simulator;

import org.jspecify.annotations.NullMarked;
