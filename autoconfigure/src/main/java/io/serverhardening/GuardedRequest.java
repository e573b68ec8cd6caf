package io.serverhardening;

import org.jspecify.annotations.Nullable;
import reactor.util.context.ContextView;

import org.springframework.web.server.ServerWebExchange;

/**
 * A request under guard, from the match of its route to its end. Found on the exchange
 * and in the Reactor Context. Behind a filter that hands on an exchange with attributes
 * of its own, the Reactor Context is sure to have it.
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
	 * Set how long the request may take. A deadline that is an {@link EndAction} too
	 * hears of the end.
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
	 * Run an action exactly once when the request has ended, after its handler has been
	 * cancelled where it was running; at once if it has ended already.
	 * @param action what to do, on whichever thread ended the request
	 */
	void onEnd(EndAction action);

	/**
	 * Say that the response has begun.
	 * @param nanos how long the server has taken for it, without the time spent waiting
	 * for the client
	 */
	void begun(long nanos);

	/**
	 * Say that the request has become something that is not answered: a WebSocket
	 * session. It ends here; what runs goes on.
	 */
	void upgraded();

	/**
	 * Return when the route of the request was matched.
	 * @return nanoseconds, as {@link System#nanoTime()}
	 */
	long startedAt();

	/**
	 * Return how long the server has taken: until the response began or, where it has
	 * not, until now. What the client then takes to read is its own affair.
	 * @return nanoseconds
	 */
	long handlingNanos();

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
