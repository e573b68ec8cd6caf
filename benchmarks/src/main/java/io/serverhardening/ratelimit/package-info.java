/**
 * Benchmarks of rate limits.
 */
package io.serverhardening.ratelimit;
