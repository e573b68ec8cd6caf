package io.serverhardening.deduplication;

import java.util.List;

import io.serverhardening.deduplication.record.Answer;
import reactor.core.publisher.Mono;

import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpStatusCode;
import org.springframework.http.server.reactive.ServerHttpResponse;

/**
 * A kept answer, given again.
 */
final class Replay {

	private static final String REPLAYED = "Idempotent-Replayed";

	private Replay() {
	}

	/**
	 * Give a copy the answer that there is.
	 * @param response the response of the copy
	 * @param answer the answer
	 * @param body the body of the answer
	 * @param told whether the client is told that it is a replay
	 * @return completes when it has been written
	 */
	static Mono<Void> write(ServerHttpResponse response, Answer answer, byte[] body, boolean told) {
		response.setStatusCode(HttpStatusCode.valueOf(answer.status()));
		HttpHeaders headers = response.getHeaders();
		restore(answer.headers(), headers);
		if (told) {
			headers.set(REPLAYED, "true");
		}
		if (body.length == 0) {
			return response.setComplete();
		}
		headers.setContentLength(body.length);
		return response.writeWith(Mono.fromSupplier(() -> response.bufferFactory().wrap(body)));
	}

	// As the first was given them: what a filter before us has set gives way.
	private static void restore(List<String> kept, HttpHeaders headers) {
		String before = "";
		for (int i = 0; i < kept.size(); i += 2) {
			String name = kept.get(i);
			String value = kept.get(i + 1);
			if (name.equalsIgnoreCase(HttpHeaders.VARY)) {
				if (!headers.getOrEmpty(name).contains(value)) {
					headers.add(name, value);
				}
			}
			else if (name.equalsIgnoreCase(before)) {
				headers.add(name, value);
			}
			else {
				headers.set(name, value);
			}
			before = name;
		}
	}

}
