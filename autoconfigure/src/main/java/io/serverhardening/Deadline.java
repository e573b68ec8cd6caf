package io.serverhardening;

import java.time.Duration;

import org.jspecify.annotations.Nullable;
import reactor.util.context.ContextView;

import org.springframework.web.server.ServerWebExchange;

/**
 * How long the current request may still take. A handler reads it to give a downstream
 * call no more time than the caller will wait:
 *
 * <pre class="code">
 * Mono.deferContextual((context) -&gt; this.client.get().uri("/price").retrieve().bodyToMono(Price.class)
 *         .timeout(Deadline.from(context).remaining()));
 * </pre>
 *
 * The value is live: until the response begins it is what is left of
 * {@code response.timeout} and {@code response.total-timeout}, whichever ends first, and
 * the time spent waiting for the request's body is given back.
 */
public interface Deadline {

	/**
	 * The deadline of a request that may take as long as it likes: about 292 years, the
	 * longest time that still counts in nanoseconds.
	 */
	Deadline NONE = () -> Long.MAX_VALUE;

	/**
	 * The exchange attribute that holds the deadline of a handler which goes on when its
	 * request has ended.
	 */
	String ATTRIBUTE = Deadline.class.getName();

	/**
	 * Return the time left.
	 * @return nanoseconds, zero once the deadline has passed, {@link Long#MAX_VALUE} for
	 * no deadline
	 */
	long remainingNanos();

	/**
	 * Return the time left.
	 * @return never negative; safe to pass to {@code Mono.timeout}
	 */
	default Duration remaining() {
		return Duration.ofNanos(remainingNanos());
	}

	/**
	 * Whether the time is up.
	 * @return {@code true} if nobody waits for this request any more
	 */
	default boolean isExpired() {
		return remainingNanos() <= 0;
	}

	/**
	 * Return the deadline of an exchange. Behind a filter that hands on an exchange with
	 * attributes of its own, ask the Reactor Context.
	 * @param exchange the current exchange
	 * @return the deadline, {@link #NONE} where none applies
	 */
	static Deadline from(ServerWebExchange exchange) {
		Deadline own = exchange.getAttribute(ATTRIBUTE);
		return (own != null) ? own : of(GuardedRequest.from(exchange));
	}

	/**
	 * Return the deadline of the request that a Reactor Context belongs to.
	 * @param context the context, as in {@code Mono.deferContextual}
	 * @return the deadline, {@link #NONE} where none applies
	 */
	static Deadline from(ContextView context) {
		Deadline own = context.getOrDefault(Deadline.class, null);
		return (own != null) ? own : of(GuardedRequest.from(context));
	}

	private static Deadline of(@Nullable GuardedRequest request) {
		return (request != null) ? request.deadline() : NONE;
	}

}
