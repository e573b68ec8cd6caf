package io.serverhardening.deduplication;

import java.time.Duration;
import java.util.function.Function;

import io.serverhardening.GuardedRequest;
import io.serverhardening.deduplication.access.Records;
import io.serverhardening.deduplication.answer.AnswerHeaders;
import io.serverhardening.deduplication.run.RunTerms;
import io.serverhardening.internal.AggregatedLog;
import io.serverhardening.internal.call.ApplicationCalls;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

import org.springframework.web.server.ServerWebExchange;

/**
 * How the messages of a route are handled: by which policy, with what outlives it, on
 * what terms their handlers are run, and what is said where they are not.
 */
final class RouteMessages {

	private static final Duration LONGEST_MARGIN = Duration.ofMillis(100);

	private final DeduplicationPolicy policy;

	private final DeduplicationState state;

	private final RunTerms runTerms;

	private final Replies replies;

	/** A copy that waits is answered so much before its time is up. */
	private final long marginNanos;

	/**
	 * Create the messages of a route.
	 * @param policy how they are deduplicated
	 * @param state what outlives the policy
	 * @param responseTimeout how long a response may take, {@code null} for no limit
	 * @param problems what went wrong when nobody waited
	 * @param cors gives a replay the CORS headers that the handler's mapping would have
	 * @param calls lead to resolvers and handlers
	 */
	RouteMessages(DeduplicationPolicy policy, DeduplicationState state, @Nullable Duration responseTimeout,
			AggregatedLog<String> problems, Function<ServerWebExchange, Mono<Void>> cors, ApplicationCalls calls) {
		this.policy = policy;
		this.state = state;
		this.runTerms = new RunTerms(state.runs(), state.records(), policy.runTimeout(),
				AnswerHeaders.kept(policy.replayHeaders()), calls,
				new RunLog(policy.propertyPrefix(), state.activity(), problems));
		this.replies = new Replies(policy, state.activity(), cors);
		long tenth = (responseTimeout != null) ? responseTimeout.toNanos() / 10 : Long.MAX_VALUE;
		this.marginNanos = Math.min(LONGEST_MARGIN.toNanos(), tenth);
	}

	DeduplicationPolicy policy() {
		return this.policy;
	}

	DeduplicationState state() {
		return this.state;
	}

	Records records() {
		return this.state.records();
	}

	Waiters waiters() {
		return this.state.waiters();
	}

	RunTerms runTerms() {
		return this.runTerms;
	}

	Replies replies() {
		return this.replies;
	}

	DeduplicationActivity activity() {
		return this.state.activity();
	}

	/**
	 * Return for how long a copy may wait.
	 * @param exchange the copy
	 * @return nanoseconds, {@link Long#MAX_VALUE} for no limit
	 */
	long timeLeft(ServerWebExchange exchange) {
		long remaining = GuardedRequest.required(exchange).deadline().remainingNanos();
		return (remaining == Long.MAX_VALUE) ? remaining : remaining - this.marginNanos;
	}

}
