package io.serverhardening.wire;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.BiFunction;
import java.util.stream.Stream;

import org.jspecify.annotations.Nullable;

/**
 * Sends random pipelines for a while.
 */
final class Campaign implements AutoCloseable {

	private static final int CLIENTS = Integer.getInteger("pipelines.clients", 12);

	/** How often a pipeline that failed is tried again before it is taken for sound. */
	private static final int TRIES = 5;

	private static final Duration SHRINKING = Duration.ofSeconds(20);

	private final ExecutorService executor = Executors.newCachedThreadPool();

	private final BiFunction<Pipeline, Executor, @Nullable String> client;

	private final boolean http2;

	/**
	 * Prepare a campaign.
	 * @param client runs a pipeline on a new connection and returns what is wrong
	 * @param http2 whether it speaks HTTP/2
	 */
	Campaign(BiFunction<Pipeline, Executor, @Nullable String> client, boolean http2) {
		this.client = client;
		this.http2 = http2;
	}

	/**
	 * Send pipelines.
	 * @param seed of the first; the next has the next
	 * @param duration for how long at least
	 * @param least how many requests at least
	 * @return what was seen
	 */
	Report run(long seed, Duration duration, long least) {
		AtomicLong next = new AtomicLong(seed);
		AtomicLong requests = new AtomicLong();
		AtomicReference<@Nullable Failure> failure = new AtomicReference<>();
		long end = System.nanoTime() + duration.toNanos();
		CompletableFuture<?>[] clients = Stream.generate(() -> CompletableFuture.runAsync(() -> {
			while (failure.get() == null && (System.nanoTime() < end || requests.get() < least)) {
				Pipeline pipeline = Draw.pipeline(next.getAndIncrement(), this.http2);
				String mismatch = run(pipeline);
				if (mismatch != null) {
					failure.compareAndSet(null, new Failure(pipeline, mismatch));
				}
				requests.addAndGet(pipeline.messages().size());
			}
		}, this.executor)).limit(CLIENTS).toArray(CompletableFuture[]::new);
		CompletableFuture.allOf(clients).join();
		Failure failed = failure.get();
		return new Report(requests.get(), (failed != null) ? describe(failed) : null);
	}

	/**
	 * Send one pipeline.
	 * @param pipeline the pipeline
	 * @return what is wrong, or {@code null}
	 */
	@Nullable String run(Pipeline pipeline) {
		try {
			return this.client.apply(pipeline, this.executor);
		}
		catch (RuntimeException ex) {
			StringWriter trace = new StringWriter();
			ex.printStackTrace(new PrintWriter(trace));
			return "the client failed: " + trace;
		}
	}

	private String describe(Failure failure) {
		Failure least = shrink(failure);
		return failure.mismatch() + "\nin the pipeline\n" + failure.pipeline() + "\nand at least in\n"
				+ least.pipeline() + "\nwhere " + least.mismatch();
	}

	private Failure shrink(Failure failure) {
		long end = System.nanoTime() + SHRINKING.toNanos();
		Failure least = failure;
		for (int size = Math.max(1, failure.pipeline().messages().size() / 2); size > 0; size /= 2) {
			for (int from = 0; from < least.pipeline().messages().size() && System.nanoTime() < end;) {
				int to = Math.min(from + size, least.pipeline().messages().size());
				Failure smaller = again(least.pipeline().without(from, to));
				if (smaller != null) {
					least = smaller;
				}
				else {
					from = to;
				}
			}
		}
		return least;
	}

	private @Nullable Failure again(Pipeline pipeline) {
		for (int i = 0; i < TRIES && !pipeline.messages().isEmpty(); i++) {
			String mismatch = run(pipeline);
			if (mismatch != null) {
				return new Failure(pipeline, mismatch);
			}
		}
		return null;
	}

	@Override
	public void close() {
		this.executor.shutdownNow();
	}

	/**
	 * What was seen.
	 *
	 * @param requests how many requests were sent
	 * @param failure what went wrong, or {@code null}
	 */
	record Report(long requests, @Nullable String failure) {

		@Override
		public String toString() {
			return this.requests + " requests, " + ((this.failure != null) ? "and one mismatch" : "no mismatch");
		}

	}

	/**
	 * A pipeline that failed.
	 *
	 * @param pipeline the pipeline
	 * @param mismatch what was wrong
	 */
	private record Failure(Pipeline pipeline, String mismatch) {

	}

}
