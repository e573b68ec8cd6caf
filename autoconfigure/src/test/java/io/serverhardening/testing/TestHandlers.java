package io.serverhardening.testing;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;

import io.serverhardening.Deadline;
import jakarta.validation.Valid;
import jakarta.validation.constraints.NotBlank;
import jakarta.validation.constraints.Positive;
import org.reactivestreams.Publisher;
import reactor.core.publisher.Flux;
import reactor.core.publisher.FluxSink;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;

import org.springframework.context.annotation.Bean;
import org.springframework.core.Ordered;
import org.springframework.core.io.FileSystemResource;
import org.springframework.core.io.Resource;
import org.springframework.core.io.buffer.DataBuffer;
import org.springframework.core.io.buffer.DataBufferUtils;
import org.springframework.http.HttpStatus;
import org.springframework.http.MediaType;
import org.springframework.http.codec.ServerSentEvent;
import org.springframework.http.server.reactive.ServerHttpRequest;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestBody;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.bind.annotation.ResponseStatus;
import org.springframework.web.bind.annotation.RestController;
import org.springframework.web.reactive.HandlerMapping;
import org.springframework.web.reactive.handler.SimpleUrlHandlerMapping;
import org.springframework.web.reactive.socket.WebSocketHandler;
import org.springframework.web.reactive.socket.WebSocketMessage;
import org.springframework.web.reactive.socket.WebSocketSession;
import org.springframework.web.server.ServerWebExchange;
import org.springframework.web.server.WebHandler;

/**
 * Handlers that behave well, slowly and badly.
 */
@RestController
public class TestHandlers {

	private final AtomicInteger cancelled = new AtomicInteger();

	private final AtomicInteger subscribed = new AtomicInteger();

	private final AtomicInteger produced = new AtomicInteger();

	/**
	 * Return how many pieces of responses were produced.
	 * @return the count
	 */
	public int produced() {
		return this.produced.get();
	}

	/**
	 * Return how many handlers were cancelled.
	 * @return the count
	 */
	public int cancelled() {
		return this.cancelled.get();
	}

	/**
	 * Return how many slow handlers were started.
	 * @return the count
	 */
	public int subscribed() {
		return this.subscribed.get();
	}

	private <T> Mono<T> counted(Mono<T> mono) {
		return mono.doOnSubscribe((subscription) -> this.subscribed.incrementAndGet())
			.doOnCancel(this.cancelled::incrementAndGet);
	}

	private <T> Flux<T> counted(Flux<T> flux) {
		return flux.doOnSubscribe((subscription) -> this.subscribed.incrementAndGet())
			.doOnCancel(this.cancelled::incrementAndGet);
	}

	@GetMapping("/fast")
	Mono<String> fast() {
		return Mono.just("fast");
	}

	@GetMapping("/slow")
	Mono<String> slow(@RequestParam int ms, @RequestParam(defaultValue = "1") int times) {
		return counted(Mono.delay(Duration.ofMillis(ms)).thenReturn("slow".repeat(times)));
	}

	@GetMapping({ "/never", "/api/never", "/report/never" })
	Mono<String> never() {
		return counted(Mono.never());
	}

	@GetMapping("/never-with-headers")
	Mono<String> neverWithHeaders(ServerWebExchange exchange) {
		exchange.getResponse().getHeaders().set("Content-Encoding", "br");
		exchange.getResponse().getHeaders().setETag("\"1\"");
		exchange.getResponse().getHeaders().set("X-Kept", "kept");
		return counted(Mono.never());
	}

	@GetMapping(path = "/stall", produces = MediaType.TEXT_PLAIN_VALUE)
	Flux<String> stall() {
		return counted(Flux.concat(Flux.just("begun"), Flux.never()));
	}

	@GetMapping(path = "/chatty", produces = MediaType.TEXT_PLAIN_VALUE)
	Flux<String> chatty(@RequestParam int everyMs, @RequestParam int times) {
		return counted(Flux.interval(Duration.ofMillis(everyMs)).take(times).map((i) -> "tick" + i));
	}

	@GetMapping(path = "/ndjson-stall", produces = MediaType.APPLICATION_NDJSON_VALUE)
	Flux<Map<String, Integer>> ndjsonStall() {
		return counted(Flux.concat(Flux.just(Map.of("line", 1)), Flux.never()));
	}

	@GetMapping(path = "/events", produces = MediaType.TEXT_EVENT_STREAM_VALUE)
	Flux<ServerSentEvent<String>> events(@RequestParam int everyMs) {
		return counted(Flux.interval(Duration.ofMillis(everyMs))
			.onBackpressureDrop()
			.map((i) -> ServerSentEvent.<String>builder().comment("beat").build()));
	}

	@GetMapping("/ignores-cancel")
	Mono<String> ignoresCancel(@RequestParam int ms) {
		Publisher<String> stubborn = (subscriber) -> {
			this.subscribed.incrementAndGet();
			subscriber.onSubscribe(new org.reactivestreams.Subscription() {

				@Override
				public void request(long n) {
					Schedulers.parallel().schedule(() -> {
						subscriber.onNext("late");
						subscriber.onComplete();
					}, ms, java.util.concurrent.TimeUnit.MILLISECONDS);
				}

				@Override
				public void cancel() {
					TestHandlers.this.cancelled.incrementAndGet();
				}

			});
		};
		return Mono.from(Flux.from(stubborn));
	}

	@GetMapping("/commits-elsewhere")
	Mono<Void> commitsElsewhere(ServerWebExchange exchange, @RequestParam int ms) {
		return Mono.delay(Duration.ofMillis(ms), Schedulers.boundedElastic())
			.then(Mono.defer(() -> exchange.getResponse()
				.writeWith(Mono
					.just(exchange.getResponse().bufferFactory().wrap("mine".getBytes(StandardCharsets.UTF_8))))));
	}

	@GetMapping("/slow-hook")
	Mono<String> slowHook(ServerWebExchange exchange, @RequestParam int ms) {
		exchange.getResponse().beforeCommit(() -> Mono.delay(Duration.ofMillis(ms)).then());
		return Mono.delay(Duration.ofMillis(ms)).thenReturn("mine");
	}

	@GetMapping("/hanging-hook")
	Mono<String> hangingHook(ServerWebExchange exchange) {
		exchange.getResponse().beforeCommit(Mono::never);
		return counted(Mono.never());
	}

	@GetMapping("/hanging-session")
	Mono<Void> hangingSession(ServerWebExchange exchange, @RequestParam(defaultValue = "false") boolean fail) {
		exchange.getResponse().beforeCommit(Mono::never);
		return fail ? Mono.error(new IllegalStateException("secret detail")) : Mono.empty();
	}

	@GetMapping("/throws")
	Mono<String> throwsAtOnce() {
		throw new IllegalStateException("secret detail");
	}

	@GetMapping("/signals-error")
	Mono<String> signalsError() {
		return Mono.error(new IllegalStateException("secret detail"));
	}

	@GetMapping(path = "/fails-after-commit", produces = MediaType.TEXT_PLAIN_VALUE)
	Flux<String> failsAfterCommit() {
		return Flux.concat(Flux.just("begun"),
				Mono.delay(Duration.ofMillis(50)).then(Mono.error(new IllegalStateException("secret detail"))));
	}

	@GetMapping("/teapot")
	Mono<String> teapot() {
		return Mono.error(new TeapotException());
	}

	@GetMapping("/broken")
	Mono<String> broken() {
		return Mono.error(new BrokenException());
	}

	@GetMapping("/remaining")
	Mono<String> remaining(ServerWebExchange exchange) {
		return Mono.deferContextual((context) -> Mono.just(
				Deadline.from(exchange).remaining().toMillis() + " " + Deadline.from(context).remaining().toMillis()));
	}

	@PostMapping("/upload")
	Mono<String> upload(ServerHttpRequest request) {
		return counted(DataBufferUtils.join(request.getBody())).map((buffer) -> {
			int size = buffer.readableByteCount();
			DataBufferUtils.release(buffer);
			return "received " + size;
		});
	}

	@PostMapping("/mirror")
	Mono<String> mirror(@RequestBody Mono<String> body) {
		return counted(body);
	}

	@PostMapping("/fast-without-body")
	Mono<String> fastWithoutBody() {
		return Mono.just("early");
	}

	@PostMapping("/upload-form")
	Mono<String> uploadForm(ServerWebExchange exchange) {
		return counted(exchange.getFormData()).map((form) -> "received " + form.size());
	}

	@PostMapping("/reads-one-chunk")
	Mono<String> readsOneChunk(ServerHttpRequest request) {
		return counted(request.getBody().next().flatMap((buffer) -> {
			DataBufferUtils.release(buffer);
			return Mono.never();
		}));
	}

	@PostMapping("/ignores-body")
	Mono<String> ignoresBody() {
		return counted(Mono.never());
	}

	@PostMapping("/large")
	Flux<DataBuffer> large(ServerWebExchange exchange) {
		byte[] chunk = new byte[64 * 1024];
		return Flux.range(0, 160).map((i) -> exchange.getResponse().bufferFactory().wrap(chunk));
	}

	@GetMapping("/download")
	Flux<DataBuffer> download(ServerWebExchange exchange, @RequestParam int chunks) {
		byte[] chunk = new byte[64 * 1024];
		return counted(Flux.range(0, chunks).map((i) -> exchange.getResponse().bufferFactory().wrap(chunk)));
	}

	@GetMapping("/download-elsewhere")
	Flux<DataBuffer> downloadElsewhere(ServerWebExchange exchange, @RequestParam int chunks) {
		byte[] chunk = new byte[64 * 1024];
		return Flux.range(0, chunks)
			.map((i) -> exchange.getResponse().bufferFactory().wrap(chunk))
			.doOnNext((buffer) -> this.produced.incrementAndGet())
			.subscribeOn(Schedulers.boundedElastic())
			.publishOn(Schedulers.parallel(), 1);
	}

	@GetMapping("/thread")
	Mono<String> thread() {
		return Mono.fromSupplier(() -> Thread.currentThread().getName());
	}

	@GetMapping("/blocks")
	Mono<String> blocks(@RequestParam int ms) throws InterruptedException {
		Thread.sleep(ms);
		return Mono.just("blocked");
	}

	@GetMapping("/whole")
	Mono<byte[]> whole(@RequestParam int size) {
		return Mono.fromSupplier(() -> new byte[size]);
	}

	@GetMapping("/file")
	Resource file() throws IOException {
		Path file = Files.createTempFile("server-hardening", ".bin");
		file.toFile().deleteOnExit();
		Files.write(file, new byte[16 * 64 * 1024]);
		return new FileSystemResource(file);
	}

	@GetMapping(path = "/large-events", produces = MediaType.TEXT_EVENT_STREAM_VALUE)
	Flux<String> largeEvents() {
		return Flux.interval(Duration.ofMillis(1)).onBackpressureDrop().map((i) -> "x".repeat(10_000));
	}

	@GetMapping(path = "/huge-events", produces = MediaType.TEXT_EVENT_STREAM_VALUE)
	Flux<String> hugeEvents() {
		String event = "x".repeat(64 * 1024);
		return Flux.range(0, 2000).map((i) -> event).doOnNext((text) -> this.produced.incrementAndGet());
	}

	@GetMapping(path = "/unasked-events", produces = MediaType.TEXT_EVENT_STREAM_VALUE)
	Flux<String> unaskedEvents() {
		return unasked();
	}

	// As a source that does not wait begins: with the first of many.
	private static Flux<String> unasked() {
		return Flux.create((sink) -> {
			sink.next("unasked");
			sink.complete();
		}, FluxSink.OverflowStrategy.ERROR);
	}

	@PostMapping("/reads-late")
	Mono<String> readsLate(ServerHttpRequest request, @RequestParam int ms) {
		return Mono.delay(Duration.ofMillis(ms)).then(Mono.defer(() -> upload(request)));
	}

	@PostMapping("/orders")
	Mono<String> order(@Valid @RequestBody Order order) {
		return Mono.just(order.item());
	}

	// Without content negotiation, which would answer absurd headers itself.
	@Bean
	HandlerMapping rawHandlers() {
		WebSocketHandler echo = (session) -> session
			.send(session.receive().map((message) -> session.textMessage("echo " + message.getPayloadAsText())));
		WebHandler never = (exchange) -> Mono.never();
		WebSocketHandler flood = (session) -> session
			.send(Flux.range(0, 2000).map((i) -> session.binaryMessage((factory) -> factory.wrap(new byte[10_000]))));
		WebSocketHandler push = (session) -> session.send(messages(session, 2000));
		WebSocketHandler pushTwice = (session) -> Mono.when(session.send(messages(session, 40)),
				session.send(messages(session, 40)));
		WebSocketHandler failing = (session) -> session.send(Mono.error(new IllegalStateException("of the test")));
		WebSocketHandler pushAgain = (session) -> session.send(messages(session, 5)).repeat(2).then();
		WebSocketHandler quiet = (session) -> session.send(Flux.never());
		WebSocketHandler unasked = (session) -> session.send(unasked().map(session::textMessage));
		// As a gateway does it: the type of the response is known when its backend
		// speaks.
		WebHandler lateEvents = (exchange) -> counted(Mono.delay(Duration.ofMillis(1200)).then(Mono.defer(() -> {
			exchange.getResponse().getHeaders().setContentType(MediaType.TEXT_EVENT_STREAM);
			return exchange.getResponse()
				.writeWith(Mono.just(exchange.getResponse()
					.bufferFactory()
					.wrap("data: late\n\n".getBytes(StandardCharsets.UTF_8))));
		})));
		AtomicInteger tries = new AtomicInteger();
		WebHandler secondTry = (exchange) -> exchange.getResponse()
			.writeWith(Flux
				.defer(() -> (tries.getAndIncrement() == 0) ? Flux.error(new IllegalStateException("first"))
						: Flux.just("tried ", "again"))
				.map((text) -> exchange.getResponse().bufferFactory().wrap(text.getBytes(StandardCharsets.UTF_8))))
			.retry(1);
		Map<String, Object> handlers = new HashMap<>(
				Map.of("/echo", echo, "/flood", flood, "/push", push, "/push-twice", pushTwice, "/push-again",
						pushAgain, "/failing", failing, "/quiet", quiet, "/unasked", unasked));
		handlers.putAll(Map.of("/second-try", secondTry, "/raw-never", never, "/late-events", lateEvents));
		return new SimpleUrlHandlerMapping(handlers, Ordered.HIGHEST_PRECEDENCE);
	}

	private Flux<WebSocketMessage> messages(WebSocketSession session, int count) {
		return Flux.range(0, count).map((i) -> {
			this.produced.incrementAndGet();
			return session.binaryMessage((factory) -> factory.wrap(new byte[64 * 1024]));
		});
	}

	/**
	 * What is ordered.
	 *
	 * @param item the item
	 * @param quantity how many
	 */
	public record Order(@NotBlank String item, @Positive int quantity) {

	}

	/**
	 * An exception with a status of its own that is the server's fault.
	 */
	@ResponseStatus(code = HttpStatus.BAD_GATEWAY, reason = "secret detail")
	static class BrokenException extends RuntimeException {

	}

	/**
	 * An exception with a status of its own.
	 */
	@ResponseStatus(code = HttpStatus.I_AM_A_TEAPOT, reason = "short and stout")
	static class TeapotException extends RuntimeException {

	}

}
