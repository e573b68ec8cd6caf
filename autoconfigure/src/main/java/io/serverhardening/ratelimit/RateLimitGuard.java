package io.serverhardening.ratelimit;

import io.serverhardening.CostResolver;
import io.serverhardening.Guard;
import io.serverhardening.GuardChain;
import io.serverhardening.Mode;
import io.serverhardening.Rejection;
import io.serverhardening.Stage;
import io.serverhardening.TierResolver;
import io.serverhardening.internal.call.ApplicationCall;
import io.serverhardening.internal.call.ApplicationCalls;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

import org.springframework.http.server.reactive.ServerHttpResponse;
import org.springframework.util.Assert;
import org.springframework.web.server.ServerWebExchange;

/**
 * Lets each client send so many requests in each period, and tells it how many are left.
 */
public final class RateLimitGuard implements Guard {

	/**
	 * The name of the guard.
	 */
	public static final String NAME = "rate-limit";

	private final RateLimitTable table;

	private final ClientKey key;

	private final Mode mode;

	private final @Nullable TierResolver tiers;

	private final @Nullable CostResolver costs;

	private final ApplicationCalls calls;

	private final Stage stage;

	/**
	 * Create the guard.
	 * @param table what its requests are counted by
	 * @param mode whether requests beyond the limit are refused
	 * @param tiers tells the tier of a request, {@code null} where there are no tiers
	 * @param costs tells what a request costs, {@code null} for one permit each
	 * @param calls lead to the resolvers
	 */
	public RateLimitGuard(RateLimitTable table, Mode mode, @Nullable TierResolver tiers, @Nullable CostResolver costs,
			ApplicationCalls calls) {
		this.table = table;
		this.key = table.policy().key();
		this.mode = mode;
		this.tiers = tiers;
		this.costs = costs;
		this.calls = calls;
		this.stage = later(this.key.stage(), (tiers != null) ? tiers.stage() : Stage.EDGE);
	}

	private static Stage later(Stage first, Stage second) {
		return (first.compareTo(second) > 0) ? first : second;
	}

	@Override
	public String name() {
		return NAME;
	}

	@Override
	public Stage stage() {
		return this.stage;
	}

	@Override
	public Mono<Void> apply(ServerWebExchange exchange, GuardChain chain) {
		TierResolver tiers = this.tiers;
		if (tiers == null) {
			return apply(exchange, chain, "");
		}
		return ApplicationCalls.mono(() -> tiers.resolve(exchange))
			.onErrorResume((ex) -> failed(ApplicationCall.TIER_RESOLVER, tiers, ex))
			.defaultIfEmpty("")
			.flatMap((tier) -> apply(exchange, chain, tier));
	}

	private Mono<Void> apply(ServerWebExchange exchange, GuardChain chain, String tier) {
		TierLimit limit = this.table.tier(tier);
		if (limit == null) {
			return chain.proceed(exchange);
		}
		if (this.key.isKnownAtOnce()) {
			return apply(exchange, chain, limit, this.key.atOnce(exchange));
		}
		return this.key.later(exchange)
			.onErrorResume((ex) -> failed(ApplicationCall.CLIENT_KEY_RESOLVER, this.key.name(), ex))
			.switchIfEmpty(Mono.fromSupplier(() -> this.key.atOnce(exchange)))
			.flatMap((key) -> apply(exchange, chain, limit, key));
	}

	private Mono<Void> apply(ServerWebExchange exchange, GuardChain chain, TierLimit limit, Object key) {
		int cost = cost(exchange);
		ServerHttpResponse response = exchange.getResponse();
		// A filter further out may have a request handled again, behind its answer.
		boolean told = this.mode == Mode.ENFORCE && !response.isCommitted();
		Rejection rejection = limit.take(key, cost, told ? response.getHeaders() : null);
		if (rejection == null) {
			return chain.proceed(exchange);
		}
		this.table.refusedKeys().count(key);
		return chain.refuse(exchange, rejection);
	}

	private int cost(ServerWebExchange exchange) {
		CostResolver costs = this.costs;
		if (costs == null) {
			return 1;
		}
		return this.calls.get(ApplicationCall.COST_RESOLVER, costs, () -> {
			int cost = costs.cost(exchange);
			Assert.state(cost >= 0, "A cost is not negative");
			return cost;
		}, 1);
	}

	private <T> Mono<T> failed(ApplicationCall call, Object who, Throwable ex) {
		this.calls.failed(call, who, ex);
		return Mono.empty();
	}

	/**
	 * Return what is counted.
	 * @return the limits
	 */
	public RateLimits limits() {
		return this.table.limits();
	}

}
