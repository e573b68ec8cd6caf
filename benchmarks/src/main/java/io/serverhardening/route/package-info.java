/**
 * Benchmarks.
 */
package io.serverhardening.route;
