/**
 * Benchmarks.
 */
package io.serverhardening.benchmarks;
