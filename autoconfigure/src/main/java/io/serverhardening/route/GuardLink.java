package io.serverhardening.route;

import java.time.Duration;
import java.util.List;
import java.util.Objects;

import io.serverhardening.Fallback;
import io.serverhardening.Guard;
import io.serverhardening.GuardChain;
import io.serverhardening.Mode;
import io.serverhardening.Rejection;
import io.serverhardening.Rejection.Outcome;
import io.serverhardening.Stage;
import io.serverhardening.route.RoutePolicy.Binding;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

import org.springframework.web.server.ServerWebExchange;

/**
 * One guard in the compiled chain of a route and stage. Links hold no request state: the
 * chain is built once and shared by every request of the route.
 */
final class GuardLink implements GuardChain {

	private final Guard guard;

	private final Mode mode;

	private final String route;

	private final Stage stage;

	private final @Nullable GuardLink next;

	private GuardLink(Binding binding, String route, Stage stage, @Nullable GuardLink next) {
		this.guard = binding.guard();
		this.mode = binding.mode();
		this.route = route;
		this.stage = stage;
		this.next = next;
	}

	static @Nullable GuardLink chain(List<Binding> bindings, String route, Stage stage) {
		GuardLink first = null;
		for (int i = bindings.size() - 1; i >= 0; i--) {
			first = new GuardLink(bindings.get(i), route, stage, first);
		}
		return first;
	}

	// An error is the application's, and answered as such. Thrown from here it would pass
	// through the operators in between, which let some errors out.
	Mono<Void> enter(ServerWebExchange exchange) {
		try {
			return Objects.requireNonNull(this.guard.apply(exchange, this), "A guard returned null");
		}
		catch (Throwable ex) {
			return GuardedExchange.of(exchange).failed(this.guard, ex);
		}
	}

	@Override
	public Mono<Void> proceed(ServerWebExchange exchange) {
		return (this.next != null) ? this.next.enter(exchange)
				: GuardedExchange.of(exchange).leave(this.stage, exchange);
	}

	@Override
	public Mono<Void> refuse(ServerWebExchange exchange, Rejection rejection, @Nullable Fallback fallback) {
		GuardedExchange request = GuardedExchange.of(exchange);
		Rejection complete = rejection.at(this.guard.name(), this.route);
		if (this.mode == Mode.OBSERVE) {
			request.tell(exchange, complete, Outcome.OBSERVED);
			return proceed(exchange);
		}
		return request.answer(exchange, complete, fallback);
	}

	@Override
	public Mono<Void> leaveUnanswered(ServerWebExchange exchange, Rejection rejection, Duration atMost) {
		return GuardedExchange.of(exchange).silence(exchange, rejection.at(this.guard.name(), this.route), atMost);
	}

}
