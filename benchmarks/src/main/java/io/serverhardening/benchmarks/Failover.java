package io.serverhardening.benchmarks;

import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;

import reactor.core.publisher.Mono;

import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.boot.web.reactive.context.ReactiveWebServerApplicationContext;
import org.springframework.context.ConfigurableApplicationContext;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Import;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestHeader;
import org.springframework.web.bind.annotation.RestController;

/**
 * Sends messages to two instances, a copy of each to the other one, while the Redis that
 * they share is failed over. Copies come again until they are answered. Prints a row of a
 * Markdown table.
 */
public final class Failover {

	private static final int PER_SECOND = 100;

	private static final int SECONDS = 40;

	private static final int ATTEMPTS = 20;

	private static final Duration LAG = Duration.ofMillis(30);

	/** How often each message was handled, by either instance. */
	private static final Map<String, AtomicInteger> RUNS = new ConcurrentHashMap<>();

	private final HttpClient client = HttpClient.newHttpClient();

	private final AtomicInteger retries = new AtomicInteger();

	private final List<Long> millis = new ArrayList<>();

	private Failover() {
	}

	/**
	 * Run it.
	 * @param args what the instances do without a store, and further properties of theirs
	 */
	public static void main(String[] args) {
		List<String> properties = new ArrayList<>(List.of(args).subList(1, args.length));
		properties.add("--server.hardening.routes.orders.deduplication.on-store-failure=" + args[0]);
		try (ConfigurableApplicationContext one = start(properties);
				ConfigurableApplicationContext two = start(properties)) {
			System.out.println(new Failover().run(args[0], List.of(url(one), url(two))));
		}
		System.exit(0);
	}

	private static ConfigurableApplicationContext start(List<String> properties) {
		return new SpringApplicationBuilder(Application.class).run(properties.toArray(String[]::new));
	}

	private static String url(ConfigurableApplicationContext context) {
		return "http://localhost:" + ((ReactiveWebServerApplicationContext) context).getWebServer().getPort()
				+ "/orders";
	}

	private String run(String mode, List<String> instances) {
		List<CompletableFuture<String>> firsts = new ArrayList<>();
		List<CompletableFuture<String>> copies = new ArrayList<>();
		long start = System.nanoTime();
		for (int i = 0; i < PER_SECOND * SECONDS; i++) {
			long at = start + i * (1_000_000_000L / PER_SECOND);
			while (System.nanoTime() < at) {
				LockSupport.parkNanos(at - System.nanoTime());
			}
			String key = "order-" + i;
			firsts.add(send(instances.get(i % 2), key, Duration.ZERO, 1));
			copies.add(send(instances.get((i + 1) % 2), key, LAG, 1));
		}
		int unanswered = 0;
		int different = 0;
		int[] handled = new int[3];
		for (int i = 0; i < firsts.size(); i++) {
			String first = firsts.get(i).join();
			String copy = copies.get(i).join();
			unanswered += (first.isEmpty() || copy.isEmpty()) ? 1 : 0;
			different += first.equals(copy) ? 0 : 1;
			AtomicInteger runs = RUNS.get("order-" + i);
			handled[(runs != null) ? Math.min(2, runs.get()) : 0]++;
		}
		List<Long> sorted;
		synchronized (this.millis) {
			sorted = this.millis.stream().sorted().toList();
		}
		return "| `%s` | %d | %d | %d | %d | %d | %d | %d | %d |".formatted(mode, firsts.size(), handled[1], handled[2],
				handled[0], unanswered, different, this.retries.get(), sorted.get(sorted.size() * 999 / 1000));
	}

	private CompletableFuture<String> send(String instance, String key, Duration after, int attempt) {
		HttpRequest request = HttpRequest.newBuilder(URI.create(instance))
			.header("Idempotency-Key", key)
			.timeout(Duration.ofSeconds(10))
			.POST(BodyPublishers.ofString(key))
			.build();
		return CompletableFuture
			.supplyAsync(() -> key, CompletableFuture.delayedExecutor(after.toMillis(), TimeUnit.MILLISECONDS))
			.thenCompose((ignored) -> {
				long sent = System.nanoTime();
				return this.client.sendAsync(request, BodyHandlers.ofString()).handle((response, error) -> {
					synchronized (this.millis) {
						this.millis.add((System.nanoTime() - sent) / 1_000_000);
					}
					return answer(response);
				});
			})
			.thenCompose((answer) -> {
				if (!answer.isEmpty() || attempt == ATTEMPTS) {
					return CompletableFuture.completedFuture(answer);
				}
				this.retries.incrementAndGet();
				return send(instance, key, Duration.ofSeconds(1), attempt + 1);
			});
	}

	private static String answer(HttpResponse<String> response) {
		return (response != null && response.statusCode() == 200) ? response.body() : "";
	}

	/**
	 * An instance.
	 */
	@Configuration(proxyBeanMethods = false)
	@EnableAutoConfiguration
	@Import(Orders.class)
	static class Application {

	}

	/**
	 * Handles a message, and says how often it has been handled.
	 */
	@RestController
	static class Orders {

		@PostMapping("/orders")
		Mono<String> order(@RequestHeader("Idempotency-Key") String key) {
			int run = RUNS.computeIfAbsent(key, (name) -> new AtomicInteger()).incrementAndGet();
			return Mono.delay(Duration.ofMillis(100)).thenReturn(key + ", run " + run);
		}

	}

}
