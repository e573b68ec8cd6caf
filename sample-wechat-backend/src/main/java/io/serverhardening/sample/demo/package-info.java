/**
 * What there is to try the sample with, and nothing else knows of: faults that anybody
 * can cause, and a ledger that anybody can read. There with the profile {@code demo}
 * only. Delete this package and {@code application-demo.yml}, and the rest goes on.
 */
@NullMarked
package io.serverhardening.sample.demo;

import org.jspecify.annotations.NullMarked;
