package io.serverhardening.deduplication;

import java.time.Duration;
import java.util.Set;
import java.util.function.Function;

import io.serverhardening.Rejection;
import io.serverhardening.RejectionReason;
import io.serverhardening.deduplication.Runs.Entry;
import io.serverhardening.deduplication.access.Records;
import io.serverhardening.internal.AggregatedLog;
import io.serverhardening.internal.call.ApplicationCalls;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

import org.springframework.web.server.ServerWebExchange;

/**
 * How the messages of a route are handled, for deliveries and runs: by which policy, with
 * what outlives it, and what is said where they are not.
 */
final class RouteMessages {

	private static final Duration RETRY_AFTER = Duration.ofSeconds(1);

	private static final Duration LONGEST_MARGIN = Duration.ofMillis(100);

	private final DeduplicationPolicy policy;

	private final DeduplicationState state;

	private final AggregatedLog<String> problems;

	private final ApplicationCalls calls;

	private final Function<ServerWebExchange, Mono<Void>> cors;

	private final Set<String> kept;

	private final long marginNanos;

	private final Duration hold;

	private final Rejection busy;

	private final Rejection crowded;

	private final Rejection tooMuch;

	private final Rejection runTimedOut;

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
		this.problems = problems;
		this.cors = cors;
		this.calls = calls;
		this.kept = RecordedResponse.kept(policy.replayHeaders());
		long tenth = (responseTimeout != null) ? responseTimeout.toNanos() / 10 : Long.MAX_VALUE;
		this.marginNanos = Math.min(LONGEST_MARGIN.toNanos(), tenth);
		Duration patience = policy.sender().timeout();
		this.hold = (patience != null) ? patience.plusSeconds(1) : LONGEST_MARGIN;
		this.busy = Rejection.of(RejectionReason.DUPLICATE_RUNNING)
			.withDetail("The same message is still being handled.")
			.withRetryAfter(RETRY_AFTER)
			.withProperty(policy.propertyPrefix() + ".on-busy");
		this.crowded = Rejection.of(RejectionReason.OVERLOADED)
			.withDetail("Too many messages are being handled.")
			.withRetryAfter(RETRY_AFTER)
			.withProperty(policy.propertyPrefix() + ".max-runs");
		this.tooMuch = Rejection.of(RejectionReason.OVERLOADED)
			.withDetail("The messages that are being handled are too large together.")
			.withRetryAfter(RETRY_AFTER)
			.withProperty(policy.propertyPrefix() + ".max-body-size");
		this.runTimedOut = Rejection.of(RejectionReason.DEADLINE_EXCEEDED)
			.withDetail("The handler was stopped.")
			.withRetryAfter(RETRY_AFTER)
			.withProperty(policy.propertyPrefix() + ".run-timeout");
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

	Runs runs() {
		return this.state.runs();
	}

	DeduplicationActivity activity() {
		return this.state.activity();
	}

	ApplicationCalls calls() {
		return this.calls;
	}

	AggregatedLog<String> problems() {
		return this.problems;
	}

	Mono<Void> beforeReplay(ServerWebExchange exchange) {
		return this.cors.apply(exchange);
	}

	Set<String> kept() {
		return this.kept;
	}

	// A copy that waits is answered so much before its time is up.
	long marginNanos() {
		return this.marginNanos;
	}

	// How long an attempt is left without an answer: longer than its sender waits.
	Duration hold() {
		return this.hold;
	}

	// By its hash the message is found on Actuator.
	Rejection busy(String id) {
		return this.busy.withDetail("The same message is still being handled: " + id + ".");
	}

	Rejection refusal(Entry entry) {
		return (entry == Entry.TOO_MUCH) ? this.tooMuch : this.crowded;
	}

	Rejection runTimedOut() {
		return this.runTimedOut;
	}

}
