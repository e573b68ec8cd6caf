package io.serverhardening.route;

import java.time.Duration;
import java.util.List;

import io.serverhardening.Deadline;
import io.serverhardening.Ending;
import io.serverhardening.Fallback;
import io.serverhardening.Guard;
import io.serverhardening.GuardedRequest;
import io.serverhardening.MessageClaim;
import io.serverhardening.Rejection;
import io.serverhardening.Rejection.Outcome;
import io.serverhardening.Stage;
import io.serverhardening.WebhookMessage;
import io.serverhardening.internal.call.ApplicationCall;
import io.serverhardening.internal.call.ApplicationCalls;
import io.serverhardening.internal.channel.RequestChannel;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Subscription;
import reactor.core.CoreSubscriber;
import reactor.core.publisher.Mono;
import reactor.util.context.Context;

import org.springframework.util.Assert;
import org.springframework.web.server.ServerWebExchange;
import org.springframework.web.server.WebFilterChain;

/**
 * One request under guard: the only subscriber between the server and the handler. It
 * carries what guards need of a request, and settles completion, error, disconnect and
 * early end by one compare-and-set, so that each request ends once.
 * <p>
 * It is also the {@link Mono} that the edge returns, which saves every request an object.
 * Whoever subscribes once more, such as to try again, begins another request.
 */
final class GuardedExchange extends RefusableRequest implements CoreSubscriber<Void> {

	/** What later guards and the handler ask an exchange for. */
	private static final List<String> ATTRIBUTES = List.of(ATTRIBUTE, Deadline.ATTRIBUTE, MessageClaim.ATTRIBUTE,
			WebhookMessage.ATTRIBUTE);

	private final WebFilterChain edgeChain;

	private @Nullable IdentityStage identity;

	private @Nullable WebFilterChain lastChain;

	private final boolean preflight;

	private boolean subscribed;

	GuardedExchange(ServerWebExchange exchange, WebFilterChain chain, CompiledRoute route, boolean preflight,
			EdgeFilter filter) {
		super(exchange, route, filter);
		this.edgeChain = chain;
		this.preflight = preflight;
	}

	static GuardedExchange of(ServerWebExchange exchange) {
		GuardedRequest request = GuardedRequest.from(exchange);
		Assert.state(request instanceof GuardedExchange, "The exchange lost its attributes on the way to a guard");
		return (GuardedExchange) request;
	}

	@Override
	public void subscribe(CoreSubscriber<? super Void> actual) {
		if (this.subscribed) {
			new GuardedExchange(this.exchange, this.edgeChain, this.route, this.preflight, this.filter)
				.subscribe(actual);
			return;
		}
		this.subscribed = true;
		this.actual = actual;
		this.context = actual.currentContext().put(GuardedRequest.class, this);
		this.exchange.getAttributes().put(ATTRIBUTE, this);
		begin();
		actual.onSubscribe(this);
		if (isOver()) {
			// Its client has left before its turn came: no end would come that stops what
			// guards begin for it, such as a clock.
			return;
		}
		try {
			GuardLink edge = this.route.first(Stage.EDGE, this.preflight);
			Mono<Void> guarded = (edge != null) ? edge.enter(this.exchange) : leave(Stage.EDGE, this.exchange);
			guarded.subscribe(this);
		}
		catch (Throwable ex) {
			if (isOver()) {
				// Of those further out, who have been told already.
				throw ex;
			}
			// Reactor takes some errors for fatal: they reach no subscriber, and the
			// request would never end.
			cancelUpstream();
			onError(ex);
		}
	}

	Mono<Void> failed(Guard guard, Throwable ex) {
		calls().failed(ApplicationCall.GUARD, guard, ex);
		return ApplicationCalls.error(ex);
	}

	/**
	 * Give another exchange the attributes of the one before it.
	 * @param stage the stage that it has come to
	 * @param exchange an exchange with attributes of its own
	 */
	void giveAttributes(Stage stage, ServerWebExchange exchange) {
		IdentityStage identity = this.identity;
		ServerWebExchange before = (stage == Stage.LAST && identity != null) ? identity.exchange() : this.exchange;
		for (String name : ATTRIBUTES) {
			Object value = before.getAttribute(name);
			if (value != null) {
				exchange.getAttributes().put(name, value);
			}
		}
	}

	Mono<Void> start(Stage stage, ServerWebExchange exchange, WebFilterChain chain) {
		GuardLink first = this.route.first(stage, this.preflight);
		if (first == null) {
			return chain.filter(exchange);
		}
		if (stage == Stage.LAST) {
			this.lastChain = chain;
		}
		else {
			this.identity = new IdentityStage(exchange, chain);
		}
		return first.enter(exchange);
	}

	Mono<Void> leave(Stage stage, ServerWebExchange exchange) {
		WebFilterChain chain = switch (stage) {
			case EDGE -> this.edgeChain;
			case IDENTITY -> (this.identity != null) ? this.identity.chain() : null;
			case LAST -> this.lastChain;
		};
		Assert.state(chain != null, "A guard proceeded before its stage began");
		return chain.filter(exchange);
	}

	Mono<Void> answer(ServerWebExchange exchange, Rejection rejection, @Nullable Fallback fallback) {
		refused();
		tell(exchange, rejection, Outcome.REFUSED);
		return this.filter.rejections().write(exchange, rejection, fallback);
	}

	Mono<Void> silence(ServerWebExchange exchange, Rejection rejection, Duration atMost) {
		tell(exchange, rejection, Outcome.REFUSED);
		count(Ending.REFUSED, null);
		// No clock is to answer what is left without an answer.
		deadline(Deadline.NONE);
		// Where there is no channel, the application is told on the thread of this.
		return Mono.delay(atMost, this.filter.threads().timers())
			.publishOn(this.filter.threads().relief())
			.then(Mono.fromRunnable(this::reset))
			.then(Mono.never());
	}

	@Override
	public void onSubscribe(Subscription subscription) {
		if (handle(subscription)) {
			subscription.request(Long.MAX_VALUE);
		}
	}

	@Override
	public void onNext(Void ignored) {
		// A Mono<Void> has no values.
	}

	@Override
	public void onComplete() {
		if (settle()) {
			count(ended(Ending.COMPLETED), null);
			if (isStuck()) {
				reset();
			}
			else {
				this.actual.onComplete();
			}
		}
	}

	@Override
	public void onError(Throwable ex) {
		if (isDisconnect(ex)) {
			// The server is about to cancel the request. An error would be logged, with
			// its stack, for each client that leaves half-way.
			cancel();
		}
		else if (settle()) {
			Ending how = ended(Ending.FAILED);
			count(how, (how == Ending.FAILED) ? ex : null);
			if (isStuck()) {
				logger.error(this.exchange.getLogPrefix() + "The response could not be committed", ex);
				reset();
			}
			else {
				this.actual.onError(ex);
			}
		}
		else if (logger.isDebugEnabled()) {
			logger.debug(this.exchange.getLogPrefix() + "The handler failed after its request had ended", ex);
		}
	}

	// Behind its answer what fails is a connection of the application's own, and nobody
	// cancels: those further out would wait for ever.
	private boolean isDisconnect(Throwable ex) {
		return RequestChannel.isDisconnect(this.exchange.getRequest(), ex)
				&& !RequestChannel.isLetGo(this.exchange.getRequest());
	}

	@Override
	public Context currentContext() {
		return this.context;
	}

	@Override
	public void request(long n) {
		// There are no values to ask for: the handler runs as soon as it is subscribed.
	}

	/**
	 * The stage that has begun, for requests that have guards there.
	 *
	 * @param exchange the exchange that came to it, which has the attributes of its
	 * guards
	 * @param chain what is behind it
	 */
	private record IdentityStage(ServerWebExchange exchange, WebFilterChain chain) {

	}

}
