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
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;

/**
 * Sends a message as the sender of a webhook does: again and again, until it has been
 * taken. What it hears goes into the ledger.
 */
final class Sender {

	private static final Duration PATIENCE = Duration.ofSeconds(10);

	private static final Duration PAUSE = Duration.ofSeconds(1);

	private final HttpClient client = HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

	private final AtomicInteger retries = new AtomicInteger();

	private final AtomicInteger strangers = new AtomicInteger();

	private final List<Long> millis = new ArrayList<>();

	private final Ledger ledger;

	private final int attempts;

	/**
	 * Create the sender.
	 * @param ledger takes what it hears
	 * @param attempts how often it sends a message at most
	 */
	Sender(Ledger ledger, int attempts) {
		this.ledger = ledger;
		this.attempts = attempts;
	}

	/**
	 * Send a message.
	 * @param message its id
	 * @param route where each attempt goes
	 * @param after how long to wait before
	 * @return the run whose answer it got, empty for none
	 */
	CompletableFuture<String> send(String message, Supplier<URI> route, Duration after) {
		return send(message, route, after, 1);
	}

	private CompletableFuture<String> send(String message, Supplier<URI> route, Duration after, int attempt) {
		return CompletableFuture
			.supplyAsync(() -> request(message, route.get()),
					CompletableFuture.delayedExecutor(after.toMillis(), TimeUnit.MILLISECONDS))
			.thenCompose((request) -> {
				long sent = System.nanoTime();
				return this.client.sendAsync(request, BodyHandlers.ofString()).handle((response, error) -> {
					took(System.nanoTime() - sent);
					return (response != null) ? run(message, response) : "";
				});
			})
			.thenCompose((run) -> {
				if (!run.isEmpty() || attempt == this.attempts) {
					return CompletableFuture.completedFuture(run);
				}
				this.retries.incrementAndGet();
				return send(message, route, PAUSE, attempt + 1);
			});
	}

	private static HttpRequest request(String message, URI uri) {
		return HttpRequest.newBuilder(uri)
			.header("Idempotency-Key", message)
			.timeout(PATIENCE)
			.POST(BodyPublishers.ofString(message))
			.build();
	}

	private String run(String message, HttpResponse<String> response) {
		if (response.statusCode() / 100 != 2) {
			return "";
		}
		String[] words = response.body().split(" ", -1);
		if (words.length != 2 || !words[0].equals(message)) {
			this.strangers.incrementAndGet();
			return "";
		}
		this.ledger.write(Ledger.ANSWERED, message, words[1]);
		return words[1];
	}

	private void took(long nanos) {
		synchronized (this.millis) {
			this.millis.add(nanos / 1_000_000);
		}
	}

	/**
	 * Return how often a message was sent again.
	 * @return how often
	 */
	int retries() {
		return this.retries.get();
	}

	/**
	 * Return how many answers were to another message, or none of the handler's.
	 * @return how many
	 */
	int strangers() {
		return this.strangers.get();
	}

	/**
	 * Return how long an attempt took.
	 * @param share of all attempts that took no longer
	 * @return the time, milliseconds
	 */
	long millis(double share) {
		synchronized (this.millis) {
			List<Long> sorted = this.millis.stream().sorted().toList();
			return sorted.isEmpty() ? 0 : sorted.get((int) (sorted.size() * share));
		}
	}

}
