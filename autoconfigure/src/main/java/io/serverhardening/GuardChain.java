package io.serverhardening;

import java.time.Duration;

import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

import org.springframework.web.server.ServerWebExchange;

/**
 * What comes after a {@link Guard}.
 */
public interface GuardChain {

	/**
	 * Let the request go on to the next guard, and in the end to the handler.
	 * @param exchange the exchange to go on with, possibly mutated
	 * @return completes when the request has been handled
	 */
	Mono<Void> proceed(ServerWebExchange exchange);

	/**
	 * Refuse the request: count it, and answer with the application's
	 * {@link RejectionWriter}. In {@link Mode#OBSERVE} the refusal is only counted and
	 * the request goes on.
	 * @param exchange the current exchange
	 * @param rejection why; the guard's name and the route are filled in
	 * @return completes when the refusal has been written
	 */
	default Mono<Void> refuse(ServerWebExchange exchange, Rejection rejection) {
		return refuse(exchange, rejection, null);
	}

	/**
	 * Refuse the request as {@link #refuse(ServerWebExchange, Rejection)} does, and have
	 * it answered otherwise.
	 * @param exchange the current exchange
	 * @param rejection why; the guard's name and the route are filled in
	 * @param fallback writes the answer, {@code null} for the application's
	 * {@link RejectionWriter}
	 * @return completes when the answer has been written
	 */
	Mono<Void> refuse(ServerWebExchange exchange, Rejection rejection, @Nullable Fallback fallback);

	/**
	 * Refuse the request without a word: for senders that come again when they hear
	 * nothing, and may not when they hear of an error. The request has ended, its clocks
	 * are stopped, and what it travels on is reset when the time is up.
	 * @param exchange the current exchange
	 * @param rejection why; the guard's name and the route are filled in
	 * @param atMost for how long the client may wait
	 * @return completes never, or with an error where there is nothing to reset
	 */
	Mono<Void> leaveUnanswered(ServerWebExchange exchange, Rejection rejection, Duration atMost);

}
