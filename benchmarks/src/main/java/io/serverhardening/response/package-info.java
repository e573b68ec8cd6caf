/**
 * Benchmarks.
 */
package io.serverhardening.response;
