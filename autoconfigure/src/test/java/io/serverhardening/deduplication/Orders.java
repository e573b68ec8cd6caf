package io.serverhardening.deduplication;

import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

import io.serverhardening.Deadline;
import io.serverhardening.MessageClaim;
import io.serverhardening.MessageKeyResolver;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;
import reactor.core.scheduler.Schedulers;

import org.springframework.context.annotation.Bean;
import org.springframework.core.Ordered;
import org.springframework.core.annotation.Order;
import org.springframework.core.io.buffer.DataBufferUtils;
import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpStatus;
import org.springframework.http.ResponseCookie;
import org.springframework.http.ResponseEntity;
import org.springframework.util.MultiValueMap;
import org.springframework.web.bind.annotation.CrossOrigin;
import org.springframework.web.bind.annotation.ExceptionHandler;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestBody;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.bind.annotation.RestController;
import org.springframework.web.server.ServerWebExchange;
import org.springframework.web.server.WebFilter;

/**
 * Handlers that count how often they run, and for what.
 */
@RestController
@CrossOrigin(origins = "https://shop.example")
public class Orders {

	private final Map<String, AtomicInteger> runs = new ConcurrentHashMap<>();

	private final AtomicInteger cancelled = new AtomicInteger();

	private final AtomicInteger finished = new AtomicInteger();

	private final CountDownLatch cleanedUp = new CountDownLatch(1);

	/** Holds up some handlers until a test lets them go. */
	private volatile Sinks.Empty<Void> hold = Sinks.empty();

	private volatile String lastKey = "";

	private volatile long lastRemaining;

	/**
	 * Return how often a body was handled.
	 * @param body the body
	 * @return how often
	 */
	public int runs(String body) {
		return this.runs.getOrDefault(body, new AtomicInteger()).get();
	}

	/**
	 * Return how often the body was handled that was handled most often.
	 * @return how often
	 */
	public int most() {
		return this.runs.values().stream().mapToInt(AtomicInteger::get).max().orElse(0);
	}

	/**
	 * Return how often a handler was cancelled.
	 * @return how often
	 */
	public int cancelled() {
		return this.cancelled.get();
	}

	/**
	 * Begin to count anew.
	 */
	public void forget() {
		this.runs.clear();
		this.cancelled.set(0);
		this.finished.set(0);
		letGo();
		this.hold = Sinks.empty();
	}

	/**
	 * Let the handlers that are held go on, and those that begin later not be held.
	 */
	public void letGo() {
		this.hold.tryEmitEmpty();
	}

	void cleanUp() {
		this.cleanedUp.countDown();
	}

	int finished() {
		return this.finished.get();
	}

	String lastKey() {
		return this.lastKey;
	}

	long lastRemaining() {
		return this.lastRemaining;
	}

	private int begin(String body) {
		return this.runs.computeIfAbsent(body, (key) -> new AtomicInteger()).incrementAndGet();
	}

	@PostMapping("/messages")
	Mono<ResponseEntity<String>> order(@RequestParam(defaultValue = "0") long ms,
			@RequestBody(required = false) String body, ServerWebExchange exchange) {
		int run = begin(String.valueOf(body));
		MessageClaim claim = MessageClaim.from(exchange);
		this.lastKey = (claim != null) ? claim.key() : "";
		return Mono.deferContextual((context) -> {
			this.lastRemaining = Deadline.from(context).remainingNanos();
			return Mono.delay(Duration.ofMillis(ms));
		})
			.map((tick) -> ResponseEntity.status(HttpStatus.CREATED)
				.header("Location", "/orders/" + run)
				.header("X-Internal", "not for copies")
				.header("Set-Cookie", ResponseCookie.from("session", "secret").build().toString())
				.body("run " + run + " of " + body))
			.doOnCancel(this.cancelled::incrementAndGet)
			.doFinally((signal) -> this.finished.incrementAndGet());
	}

	@PostMapping("/messages/held")
	Mono<ResponseEntity<String>> held(@RequestBody String body) {
		int run = begin(body);
		return untilLetGo()
			.then(Mono.fromSupplier(() -> ResponseEntity.status(HttpStatus.CREATED).body("run " + run + " of " + body)))
			.doOnCancel(this.cancelled::incrementAndGet);
	}

	// Whoever lets it go does none of its work.
	private Mono<Void> untilLetGo() {
		return this.hold.asMono().publishOn(Schedulers.parallel());
	}

	@PostMapping("/messages/fails-first")
	Mono<String> failsFirst(@RequestBody String body, @RequestParam(defaultValue = "0") long ms) {
		int run = begin(body);
		return Mono.delay(Duration.ofMillis(ms)).then(Mono.fromSupplier(() -> failsFirst(run)));
	}

	@PostMapping("/messages/held/fails-first")
	Mono<String> heldFailsFirst(@RequestBody String body) {
		int run = begin(body);
		return untilLetGo().then(Mono.fromSupplier(() -> failsFirst(run)));
	}

	private static String failsFirst(int run) {
		if (run == 1) {
			throw new IllegalStateException("The first one fails");
		}
		return "run " + run;
	}

	@PostMapping("/messages/fails")
	Mono<String> fails(@RequestBody String body, @RequestParam long ms, ServerWebExchange exchange) {
		begin(body);
		HttpHeaders headers = exchange.getResponse().getHeaders();
		exchange.getResponse().beforeCommit(() -> Mono.fromRunnable(() -> headers.set("X-Hook", "ran")));
		return Mono.delay(Duration.ofMillis(ms)).then(Mono.error(new IllegalStateException("It always fails")));
	}

	@PostMapping("/messages/overflows")
	Mono<String> overflows(@RequestBody String body) {
		begin(body);
		return Mono.fromCallable(() -> {
			throw new StackOverflowError("Planted");
		});
	}

	@PostMapping("/messages/status/{status}")
	ResponseEntity<String> status(@PathVariable int status, @RequestBody String body) {
		return ResponseEntity.status(status).body("run " + begin(body));
	}

	@PostMapping("/messages/parts")
	Mono<String> parts(ServerWebExchange exchange) {
		return exchange.getMultipartData().map((parts) -> String.valueOf(parts.keySet()));
	}

	@PostMapping("/messages/versioned")
	Mono<String> change(@RequestBody String body, @RequestParam(defaultValue = "0") long ms,
			ServerWebExchange exchange) {
		return Mono.delay(Duration.ofMillis(ms))
			.flatMap((tick) -> exchange.checkNotModified("\"2\"") ? Mono.empty() : Mono.just("run " + begin(body)));
	}

	@PostMapping("/messages/long")
	Flux<String> longAnswer(@RequestBody String body, @RequestParam(defaultValue = "40") int pieces,
			@RequestParam(defaultValue = "0") long ms) {
		begin(body);
		return Flux.range(0, pieces)
			.concatMap((piece) -> Mono.delay(Duration.ofMillis(ms)).thenReturn("x".repeat(1000)))
			.doFinally((signal) -> this.finished.incrementAndGet())
			.doOnCancel(this.cancelled::incrementAndGet);
	}

	@PostMapping("/messages/fails-halfway")
	Flux<String> failsHalfway(@RequestBody String body) {
		int run = begin(body);
		return (run == 1) ? Flux.concat(Flux.just("half"), Flux.error(new HalfwayException()))
				: Flux.just("half", " and half");
	}

	@ExceptionHandler
	ResponseEntity<Void> answer(HalfwayException ex) {
		return ResponseEntity.unprocessableEntity().build();
	}

	@PostMapping(path = "/messages/form")
	Mono<String> form(ServerWebExchange exchange) {
		return exchange.getFormData()
			.map((MultiValueMap<String, String> form) -> "item " + form.getFirst("item") + " run "
					+ begin(String.valueOf(form.getFirst("item"))));
	}

	@PostMapping("/messages/headers/{headers}")
	String headers(@PathVariable String headers, @RequestBody String body, ServerWebExchange exchange) {
		HttpHeaders answer = exchange.getResponse().getHeaders();
		switch (headers) {
			case "null" -> answer.set(HttpHeaders.LINK, null);
			case "long" -> answer.set(HttpHeaders.LINK, "x".repeat(70_000));
			default -> answer.setCacheControl("max-age=60");
		}
		return "run " + begin(body) + " ".repeat(headers.equals("long") ? 20_000 : 0);
	}

	@PostMapping("/messages/blocked")
	Mono<String> never(@RequestBody String body) {
		begin(body);
		return Mono.<String>never().doOnCancel(this.cancelled::incrementAndGet);
	}

	@PostMapping("/messages/hanging-clean-up")
	Flux<String> hangingCleanUp(@RequestBody String body) {
		begin(body);
		return Flux.concat(Flux.just("begun"), Flux.<String>never()).doOnCancel(() -> {
			this.cancelled.incrementAndGet();
			try {
				this.cleanedUp.await(1, TimeUnit.MINUTES);
			}
			catch (InterruptedException ex) {
				Thread.currentThread().interrupt();
			}
		});
	}

	@GetMapping("/messages")
	String list() {
		return "run " + begin("GET");
	}

	/**
	 * Stands before the guards, and reads what is theirs.
	 */
	@Bean
	@Order(Ordered.HIGHEST_PRECEDENCE + 1000)
	static WebFilter eater() {
		return (exchange, chain) -> {
			HttpHeaders headers = exchange.getRequest().getHeaders();
			if (headers.getFirst("X-Cache") != null) {
				exchange.getResponse().getHeaders().setCacheControl("no-store");
			}
			if (headers.getFirst("X-Fail-Commit") != null) {
				exchange.getResponse()
					.beforeCommit(() -> Mono.error(new IllegalStateException("The session was not saved")));
			}
			return (headers.getFirst("X-Eat") != null)
					? exchange.getRequest().getBody().map(DataBufferUtils::release).then(chain.filter(exchange))
					: chain.filter(exchange);
		};
	}

	/**
	 * Stands behind the guards, and waits only for so long.
	 */
	@Bean
	@Order(Ordered.LOWEST_PRECEDENCE)
	static WebFilter hurried() {
		return (exchange, chain) -> {
			String hurry = exchange.getRequest().getHeaders().getFirst("X-Hurry");
			if (hurry == null) {
				return chain.filter(exchange);
			}
			Mono<Void> inTime = chain.filter(exchange).timeout(Duration.ofSeconds(1));
			return hurry.equals("resumes") ? inTime.onErrorComplete() : inTime;
		};
	}

	@Bean
	static MessageKeyResolver invoices() {
		return (exchange, body) -> Mono.justOrEmpty(exchange.getRequest().getHeaders().getFirst("X-Invoice"));
	}

	/**
	 * Comes when an answer has begun.
	 */
	static final class HalfwayException extends RuntimeException {

	}

}
