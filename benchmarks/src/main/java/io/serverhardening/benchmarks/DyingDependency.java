package io.serverhardening.benchmarks;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Predicate;

/**
 * Asks the sample for a report twenty times a second, whatever becomes of it, while what
 * the report depends on breaks and is mended. Prints a row of a Markdown table and draws
 * what clients got.
 */
public final class DyingDependency {

	private static final int PER_SECOND = 20;

	private static final int BREAK_AT = 5;

	private static final int MEND_AT = 35;

	private static final int END = 55;

	private final HttpClient client = HttpClient.newHttpClient();

	private final String base;

	private final List<Answer> answers = new ArrayList<>();

	private DyingDependency(String base) {
		this.base = base;
	}

	/**
	 * Run it.
	 * @param args the address of the sample, how the dependency breaks ({@code down} or
	 * {@code slow}), and where to draw
	 * @throws IOException if the picture cannot be written
	 * @throws InterruptedException if it is interrupted
	 */
	public static void main(String[] args) throws IOException, InterruptedException {
		DyingDependency run = new DyingDependency(args[0]);
		run.run(args[1]);
		System.out.println(run.row(args[1]));
		Files.writeString(Path.of(args[2]), run.picture(args[1]));
	}

	private void run(String kind) throws IOException, InterruptedException {
		for (int i = 0; i < 50; i++) {
			this.client.send(request("/api/report?ms=1").build(), BodyHandlers.ofString());
		}
		List<CompletableFuture<Answer>> pending = new ArrayList<>();
		long start = System.nanoTime();
		for (int i = 0; i < END * PER_SECOND; i++) {
			if (i == BREAK_AT * PER_SECOND) {
				dependency(kind);
			}
			if (i == MEND_AT * PER_SECOND) {
				dependency("up");
			}
			long at = start + Duration.ofSeconds(1).toNanos() * i / PER_SECOND;
			while (System.nanoTime() < at) {
				LockSupport.parkNanos(at - System.nanoTime());
			}
			long sent = System.nanoTime();
			pending.add(this.client.sendAsync(request("/api/report?ms=50").build(), BodyHandlers.ofString())
				.thenApply((response) -> Answer.of(response, sent - start, System.nanoTime() - start)));
		}
		for (CompletableFuture<Answer> answer : pending) {
			this.answers.add(answer.join());
		}
	}

	private void dependency(String state) throws IOException, InterruptedException {
		this.client.send(request("/api/dependency/" + state).PUT(BodyPublishers.noBody()).build(),
				BodyHandlers.discarding());
	}

	private HttpRequest.Builder request(String target) {
		return HttpRequest.newBuilder(URI.create(this.base + target)).header("X-Api-Key", "demo-partner");
	}

	private String row(String kind) {
		List<Answer> fallbacks = answers((answer) -> answer.kind() == Kind.FALLBACK);
		List<Answer> failures = answers((answer) -> answer.kind() == Kind.FAILED);
		double opened = fallbacks.isEmpty() ? Double.NaN : fallbacks.get(0).sent() - BREAK_AT;
		double recovered = answers((answer) -> answer.sent() >= MEND_AT && answer.kind() == Kind.OK).stream()
			.mapToDouble(Answer::sent)
			.min()
			.orElse(Double.NaN) - MEND_AT;
		double closed = fallbacks.stream().mapToDouble(Answer::sent).max().orElse(Double.NaN) - MEND_AT;
		return String.format(Locale.ROOT, "| %s | %.1f s | %d | %d, p50 %.1f ms, p99 %.1f ms | %.1f s | %.1f s |", kind,
				opened, failures.size(), fallbacks.size(), percentile(fallbacks, 0.5), percentile(fallbacks, 0.99),
				recovered, closed);
	}

	private List<Answer> answers(Predicate<Answer> which) {
		return this.answers.stream().filter(which).toList();
	}

	private static double percentile(List<Answer> answers, double part) {
		List<Double> sorted = answers.stream().map(Answer::millis).sorted(Comparator.naturalOrder()).toList();
		return sorted.isEmpty() ? Double.NaN : sorted.get((int) ((sorted.size() - 1) * part));
	}

	private String picture(String kind) {
		int width = 720;
		int height = 200;
		double second = (width - 60.0) / END;
		StringBuilder svg = new StringBuilder(String.format(Locale.ROOT,
				"<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %d\" font-family=\"system-ui, sans-serif\" "
						+ "font-size=\"11\"><rect width=\"%d\" height=\"%d\" fill=\"#fff\"/>%n",
				width, height, width, height));
		svg.append(String.format(Locale.ROOT,
				"<rect x=\"%.1f\" y=\"30\" width=\"%.1f\" height=\"130\" fill=\"#fff1e5\"/>"
						+ "<text x=\"%.1f\" y=\"24\" fill=\"#57606a\">the dependency is %s</text>%n",
				50 + BREAK_AT * second, (MEND_AT - BREAK_AT) * second, 52 + BREAK_AT * second, kind));
		for (int i = 0; i < END; i++) {
			double y = 160;
			for (Kind each : Kind.values()) {
				int from = i;
				int count = answers((answer) -> (int) answer.sent() == from && answer.kind() == each).size();
				double bar = 130.0 * count / PER_SECOND;
				y -= bar;
				svg.append(String.format(Locale.ROOT,
						"<rect x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\" fill=\"%s\"/>%n", 50 + i * second,
						y, second - 1, bar, each.color));
			}
		}
		for (int i = 0; i <= END; i += 5) {
			svg.append(String.format(Locale.ROOT, "<text x=\"%.1f\" y=\"174\" text-anchor=\"middle\">%d s</text>%n",
					50 + i * second, i));
		}
		svg.append("<text x=\"4\" y=\"40\">20/s</text><text x=\"4\" y=\"160\">0</text>");
		int x = 50;
		for (Kind each : Kind.values()) {
			svg.append(String.format(Locale.ROOT,
					"<rect x=\"%d\" y=\"184\" width=\"10\" height=\"10\" fill=\"%s\"/><text x=\"%d\" y=\"193\">%s</text>%n",
					x, each.color, x + 14, each.title));
			x += 150;
		}
		return svg.append("</svg>\n").toString();
	}

	/**
	 * What a client got.
	 */
	private enum Kind {

		OK("the report", "#2da44e"), FALLBACK("the fallback, at once", "#54aeff"), FAILED("an error", "#cf222e");

		private final String title;

		private final String color;

		Kind(String title, String color) {
			this.title = title;
			this.color = color;
		}

	}

	/**
	 * One answer.
	 *
	 * @param kind what it was
	 * @param sent when it was asked for, seconds
	 * @param millis how long it took
	 */
	private record Answer(Kind kind, double sent, double millis) {

		static Answer of(HttpResponse<String> response, long sent, long answered) {
			Kind kind = (response.statusCode() != 200) ? Kind.FAILED
					: response.body().contains("stale") ? Kind.FALLBACK : Kind.OK;
			return new Answer(kind, sent / 1e9, (answered - sent) / 1e6);
		}

	}

}
