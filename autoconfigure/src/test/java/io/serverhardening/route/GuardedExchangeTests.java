package io.serverhardening.route;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.concurrent.BrokenBarrierException;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;

import io.serverhardening.Ending;
import io.serverhardening.Guard;
import io.serverhardening.GuardChain;
import io.serverhardening.GuardedRequest;
import io.serverhardening.Mode;
import io.serverhardening.Rejection;
import io.serverhardening.RejectionReason;
import io.serverhardening.Route;
import io.serverhardening.internal.HardeningThreads;
import io.serverhardening.internal.call.ApplicationCalls;
import io.serverhardening.route.rejection.Rejections;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.reactivestreams.Subscription;
import reactor.core.CoreSubscriber;
import reactor.core.publisher.BaseSubscriber;
import reactor.core.publisher.Mono;
import reactor.core.publisher.MonoSink;

import org.springframework.http.server.reactive.ServerHttpResponse;
import org.springframework.mock.http.server.reactive.MockServerHttpRequest;
import org.springframework.mock.web.server.MockServerWebExchange;
import org.springframework.web.server.ServerWebExchange;
import org.springframework.web.util.pattern.PathPatternParser;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Each request ends once, and each of its places comes back once, in whatever order its
 * handler, its deadline, its client and its guards do what they do, also at the same time
 * and in the midst of each other. The seed is printed with what went wrong, and
 * {@code -Dstory.seed} repeats it, as far as threads allow.
 */
class GuardedExchangeTests {

	private static final int ROUNDS = Integer.getInteger("story.rounds", 5_000);

	private static final HardeningThreads threads = new HardeningThreads();

	private static final ApplicationCalls calls = new ApplicationCalls(threads, System::nanoTime);

	private static final ExecutorService others = Executors.newFixedThreadPool(2);

	@AfterAll
	static void stop() {
		others.shutdownNow();
		calls.close();
		threads.close();
	}

	@Test
	void eachEndsOnceAndGivesBackWhatItTook() throws Exception {
		long seed = Long.getLong("story.seed", 1);
		for (int round = 0; round < ROUNDS; round++) {
			Story story = new Story(new SplittableRandom(seed + round));
			story.play();
			assertThat(story.problem()).as("story.seed=%d: %s", seed + round, story.told).isNull();
		}
	}

	@Test
	void nothingBeginsForAClientThatHasLeftBeforeItsTurn() {
		RouteActivity activity = new RouteActivity();
		AtomicInteger begun = new AtomicInteger();
		Guard guard = new Guard() {

			@Override
			public String name() {
				return "counting";
			}

			@Override
			public Mono<Void> apply(ServerWebExchange exchange, GuardChain chain) {
				begun.incrementAndGet();
				return chain.proceed(exchange);
			}

		};
		RoutePolicy policy = new RoutePolicy(new Route("default", "/**", Set.of()),
				List.of(new RoutePolicy.Binding(guard, Mode.ENFORCE)));
		Routes routes = new Routes();
		routes.swap(RouteTable.compile(policy, List.of(), PathPatternParser.defaultInstance, (id) -> activity));
		Rejections rejections = new Rejections((exchange, rejection) -> Mono.never(), List.of(), calls);
		new EdgeFilter(routes, rejections, null, System::nanoTime, threads)
			.filter(MockServerWebExchange.from(MockServerHttpRequest.get("/")), (exchange) -> Mono.never())
			.subscribe(new BaseSubscriber<>() {

				@Override
				protected void hookOnSubscribe(Subscription subscription) {
					subscription.cancel();
				}

			});
		assertThat(begun).hasValue(0);
		assertThat(activity.count(Ending.CANCELLED)).isEqualTo(1);
		assertThat(activity.inFlight()).isZero();
	}

	@Test
	void whoeverSubscribesOnceMoreBeginsAnotherRequest() {
		RouteActivity activity = new RouteActivity();
		Routes routes = new Routes();
		routes.swap(RouteTable.compile(new RoutePolicy(new Route("default", "/**", Set.of()), List.of()), List.of(),
				PathPatternParser.defaultInstance, (id) -> activity));
		Rejections rejections = new Rejections((exchange, rejection) -> Mono.never(), List.of(), calls);
		AtomicInteger tries = new AtomicInteger();
		new EdgeFilter(routes, rejections, null, System::nanoTime, threads).filter(
				MockServerWebExchange.from(MockServerHttpRequest.get("/")),
				(exchange) -> (tries.incrementAndGet() < 3) ? Mono.error(new IllegalStateException()) : Mono.empty())
			.retry(2)
			.block(Duration.ofSeconds(20));
		assertThat(activity.count(Ending.FAILED)).isEqualTo(2);
		assertThat(activity.count(Ending.COMPLETED)).isEqualTo(1);
		assertThat(activity.inFlight()).isZero();
	}

	/**
	 * One request, and what happens to it.
	 */
	private static final class Story implements Guard, CoreSubscriber<Void> {

		private final SplittableRandom random;

		private final List<String> told = new ArrayList<>();

		private final MockServerWebExchange exchange = MockServerWebExchange.from(MockServerHttpRequest.get("/"));

		private final RouteActivity activity = new RouteActivity();

		private final AtomicInteger taken = new AtomicInteger();

		private final AtomicInteger given = new AtomicInteger();

		private final AtomicInteger signals = new AtomicInteger();

		private final AtomicReference<MonoSink<Void>> handler = new AtomicReference<>();

		private final AtomicReference<Subscription> subscription = new AtomicReference<>();

		private final CyclicBarrier together = new CyclicBarrier(3);

		private final List<Runnable> inline = new ArrayList<>();

		Story(SplittableRandom random) {
			this.random = random;
		}

		void play() throws InterruptedException, ExecutionException {
			List<Runnable> second = steps("second");
			List<Runnable> third = steps("third");
			for (int i = 0; i < 5; i++) {
				boolean acts = this.random.nextInt(4) == 0;
				this.inline.add(acts ? step("in step " + i) : () -> {
				});
			}
			RoutePolicy policy = new RoutePolicy(new Route("default", "/**", Set.of()),
					List.of(new RoutePolicy.Binding(this, Mode.ENFORCE)));
			Routes routes = new Routes();
			routes
				.swap(RouteTable.compile(policy, List.of(), PathPatternParser.defaultInstance, (id) -> this.activity));
			boolean answers = this.random.nextInt(4) > 0;
			Rejections rejections = new Rejections((exchange, rejection) -> answers ? refusal(exchange) : Mono.never(),
					List.of(), calls);
			EdgeFilter filter = new EdgeFilter(routes, rejections, null, System::nanoTime, threads);
			boolean silent = this.random.nextInt(3) == 0;
			Mono<Void> guarded = filter.filter(this.exchange, (exchange) -> handle(silent));
			List<Future<?>> running = List.of(others.submit(() -> run(second)), others.submit(() -> run(third)));
			meet();
			guarded.subscribe(this);
			for (Future<?> other : running) {
				other.get();
			}
			// Whoever has not ended yet leaves now.
			this.subscription.get().cancel();
			// What is refused is cancelled elsewhere first.
			for (int wait = 0; wait < 10_000 && problem() != null; wait++) {
				LockSupport.parkNanos(100_000);
			}
		}

		private static Mono<Void> refusal(ServerWebExchange exchange) {
			ServerHttpResponse response = exchange.getResponse();
			return response.setComplete();
		}

		private Mono<Void> handle(boolean silent) {
			act(2);
			return Mono.create((sink) -> {
				if (!silent) {
					this.handler.set(sink);
				}
				sink.onCancel(() -> act(3));
				act(4);
			});
		}

		private void act(int point) {
			this.inline.get(point).run();
		}

		@Override
		public String name() {
			return "story";
		}

		@Override
		public Mono<Void> apply(ServerWebExchange exchange, GuardChain chain) {
			act(0);
			take();
			act(1);
			return chain.proceed(exchange);
		}

		private void take() {
			this.taken.incrementAndGet();
			GuardedRequest.required(this.exchange).onEnd((ending, error) -> this.given.incrementAndGet());
		}

		private List<Runnable> steps(String who) {
			List<Runnable> steps = new ArrayList<>();
			for (int i = this.random.nextInt(4); i > 0; i--) {
				int turns = this.random.nextInt(300);
				Runnable step = step(who);
				steps.add(() -> {
					for (int turn = 0; turn < turns; turn++) {
						Thread.onSpinWait();
					}
					step.run();
				});
			}
			return steps;
		}

		private Runnable step(String who) {
			int what = this.random.nextInt(6);
			this.told.add(who + " does " + what);
			return switch (what) {
				case 0, 1 -> () -> {
					Subscription present = this.subscription.get();
					if (present != null) {
						present.cancel();
					}
				};
				case 2 -> () -> refuse(RejectionReason.DEADLINE_EXCEEDED);
				case 3 -> () -> refuse(RejectionReason.SLOW_READER);
				case 4 -> () -> end(MonoSink::success);
				default -> () -> end((sink) -> sink.error(new IllegalStateException("planted")));
			};
		}

		private void refuse(RejectionReason reason) {
			GuardedRequest request = GuardedRequest.from(this.exchange);
			if (request != null) {
				request.refuse(Rejection.of(reason));
			}
		}

		private void end(Consumer<MonoSink<Void>> how) {
			MonoSink<Void> sink = this.handler.get();
			if (sink != null) {
				how.accept(sink);
			}
		}

		private void run(List<Runnable> steps) {
			meet();
			steps.forEach(Runnable::run);
		}

		private void meet() {
			try {
				this.together.await();
			}
			catch (InterruptedException | BrokenBarrierException ex) {
				throw new IllegalStateException(ex);
			}
		}

		String problem() {
			long ended = 0;
			for (Ending ending : Ending.values()) {
				ended += this.activity.count(ending);
			}
			if (ended != 1) {
				return "ended " + ended + " times";
			}
			if (this.taken.get() != this.given.get()) {
				return this.taken + " places taken, " + this.given + " given back";
			}
			return (this.signals.get() > 1) ? this.signals + " signals" : null;
		}

		@Override
		public void onSubscribe(Subscription subscription) {
			this.subscription.set(subscription);
			subscription.request(Long.MAX_VALUE);
		}

		@Override
		public void onNext(Void nothing) {
		}

		@Override
		public void onError(Throwable ex) {
			this.signals.incrementAndGet();
		}

		@Override
		public void onComplete() {
			this.signals.incrementAndGet();
		}

	}

}
