package io.serverhardening.circuitbreaker;

import java.time.Instant;

import io.github.resilience4j.circuitbreaker.CircuitBreaker.State;

/**
 * A change of the state.
 *
 * @param at when
 * @param from the state before
 * @param to the state after
 */
public record Transition(Instant at, State from, State to) {

}
