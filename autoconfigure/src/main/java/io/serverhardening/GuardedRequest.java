package io.serverhardening;

import org.jspecify.annotations.Nullable;
import reactor.util.context.ContextView;

import org.springframework.web.server.ServerWebExchange;

/**
 * A request under guard, from the match of its route to its end. Found on the exchange
 * and in the Reactor Context.
 */
public interface GuardedRequest {

	/**
	 * The exchange attribute that holds the guarded request.
	 */
	String ATTRIBUTE = GuardedRequest.class.getName();

	/**
	 * Return the route that was matched.
	 * @return the route
	 */
	Route route();

	/**
	 * Return how long the request may still take.
	 * @return the deadline
	 */
	Deadline deadline();

	/**
	 * Set how long the request may take.
	 * @param deadline the deadline
	 */
	void deadline(Deadline deadline);

	/**
	 * End the request early. What is running is cancelled; the client gets the
	 * rejection's answer, or, where the response has begun, a reset. Refusing again while
	 * the answer is still being written resets as well.
	 * @param rejection why, complete with guard and route
	 * @return {@code false} if the request had ended already
	 */
	boolean refuse(Rejection rejection);

	/**
	 * Have a refusal counted and logged that this request did not carry out: because
	 * {@link Mode#OBSERVE} let it through, or because it took another way.
	 * @param rejection why, complete with guard and route
	 * @param outcome whether it was carried out
	 */
	void tell(Rejection rejection, Rejection.Outcome outcome);

	/**
	 * Run an action exactly once when the request has ended: completed, failed, refused
	 * or cancelled; at once if it has ended already.
	 * @param action what to do, on whichever thread ended the request
	 */
	void onEnd(Runnable action);

	/**
	 * Return the guarded request of an exchange.
	 * @param exchange the current exchange
	 * @return the request, or {@code null} where no guard stands
	 */
	static @Nullable GuardedRequest from(ServerWebExchange exchange) {
		return exchange.getAttribute(ATTRIBUTE);
	}

	/**
	 * Return the guarded request of an exchange, for guards.
	 * @param exchange the current exchange
	 * @return the request
	 * @throws IllegalStateException where no guard stands
	 */
	static GuardedRequest required(ServerWebExchange exchange) {
		GuardedRequest request = from(exchange);
		if (request == null) {
			throw new IllegalStateException("A guard runs inside a guarded request only");
		}
		return request;
	}

	/**
	 * Return the guarded request that a Reactor Context belongs to.
	 * @param context the context, as in {@code Mono.deferContextual}
	 * @return the request, or {@code null} where no guard stands
	 */
	static @Nullable GuardedRequest from(ContextView context) {
		return context.getOrDefault(GuardedRequest.class, null);
	}

}
