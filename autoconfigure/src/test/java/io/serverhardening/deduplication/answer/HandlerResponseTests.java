package io.serverhardening.deduplication.answer;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.Set;

import org.junit.jupiter.api.Test;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

import org.springframework.core.io.buffer.DataBuffer;
import org.springframework.core.io.buffer.DefaultDataBufferFactory;
import org.springframework.http.HttpStatusCode;
import org.springframework.http.ResponseCookie;
import org.springframework.http.server.reactive.ServerHttpResponse;
import org.springframework.mock.http.server.reactive.MockServerHttpResponse;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Handlers do random things to a response, and to one of Spring's: both say the same, and
 * the same answer comes of it. {@code -Dresponses.rounds} sets how many,
 * {@code -Dresponses.seed} the first.
 */
class HandlerResponseTests {

	private static final int[] STATUSES = { 200, 201, 204, 404, 503 };

	@Test
	void doesWhatAResponseOfSpringsDoes() {
		long first = Long.getLong("responses.seed", 1);
		int rounds = Integer.getInteger("responses.rounds", 5000);
		for (long seed = first; seed < first + rounds; seed++) {
			MockServerHttpResponse springs = new MockServerHttpResponse();
			List<String> expected = act(springs, new Random(seed));
			MockServerHttpResponse sent = new MockServerHttpResponse();
			RecordedResponse recorded = new RecordedResponse(sent, Set.of(), (body) -> {
			}, () -> {
			});
			List<String> heard = act(new HandlerResponse(recorded), new Random(seed));
			assertThat(heard).as("Seed %d", seed).isEqualTo(expected);
			if (springs.isCommitted()) {
				recorded.copyTo(sent).block();
				assertThat(describe(sent)).as("Seed %d, after %s", seed, heard).isEqualTo(describe(springs));
			}
		}
	}

	private static String describe(MockServerHttpResponse response) {
		HttpStatusCode status = response.getStatusCode();
		return ((status != null) ? status.value() : 200) + " " + response.getHeaders() + " " + response.getCookies()
				+ " " + response.getBodyAsString().onErrorReturn("").defaultIfEmpty("").block();
	}

	private static List<String> act(ServerHttpResponse response, Random random) {
		List<String> heard = new ArrayList<>();
		int steps = 1 + random.nextInt(6);
		for (int i = 0; i < steps; i++) {
			heard.add(act(response, random.nextInt(12), i, random) + ", committed " + response.isCommitted());
		}
		heard.add("end " + outcome(response.setComplete()));
		heard.add(String.valueOf(response.getStatusCode()));
		return heard;
	}

	private static String act(ServerHttpResponse response, int what, int step, Random random) {
		return switch (what) {
			case 0 -> "status " + response.setStatusCode(HttpStatusCode.valueOf(STATUSES[random.nextInt(5)]));
			case 1 -> "header " + outcome(Mono.fromRunnable(() -> response.getHeaders().add("X-Step", "" + step)));
			case 2 -> "cookie " + outcome(
					Mono.fromRunnable(() -> response.addCookie(ResponseCookie.from("c" + step, "v").build())));
			case 3 -> {
				response.beforeCommit(() -> Mono.fromRunnable(() -> response.getHeaders().add("X-Hook", "" + step)));
				yield "hook";
			}
			case 4 -> {
				response.beforeCommit(() -> Mono.error(new IllegalStateException("hook")));
				yield "failing hook";
			}
			case 5, 6 -> "mono " + outcome(response.writeWith(Mono.fromSupplier(() -> buffer("m" + step))));
			case 7 -> "flux " + outcome(response.writeWith(Flux.just(buffer("f"), buffer("x" + step))));
			case 8 -> "nothing " + outcome(response.writeWith(Mono.empty()));
			case 9 -> "error " + outcome(response.writeWith(Mono.error(new IllegalArgumentException("body"))));
			case 10 -> {
				// Put together before something else happens, and written after it.
				Mono<Void> later = response.writeWith(Mono.fromSupplier(() -> buffer("l" + step)));
				String between = act(response, random.nextInt(10), step, random);
				yield "between " + between + ", later " + outcome(later);
			}
			default -> "complete " + outcome(response.setComplete());
		};
	}

	private static String outcome(Mono<?> work) {
		try {
			work.block();
			return "done";
		}
		catch (RuntimeException ex) {
			return ex.getClass().getSimpleName();
		}
	}

	private static DataBuffer buffer(String text) {
		return DefaultDataBufferFactory.sharedInstance.wrap(text.getBytes(StandardCharsets.UTF_8));
	}

}
