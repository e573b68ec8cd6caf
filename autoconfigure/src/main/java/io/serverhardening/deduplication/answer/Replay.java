package io.serverhardening.deduplication.answer;

import io.serverhardening.deduplication.record.Answer;
import reactor.core.publisher.Mono;

import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpStatusCode;
import org.springframework.http.server.reactive.ServerHttpResponse;

/**
 * A kept answer, given again.
 */
public final class Replay {

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
	public static Mono<Void> write(ServerHttpResponse response, Answer answer, byte[] body, boolean told) {
		response.setStatusCode(HttpStatusCode.valueOf(answer.status()));
		HttpHeaders headers = response.getHeaders();
		AnswerHeaders.restore(answer.headers(), headers);
		if (told) {
			headers.set(REPLAYED, "true");
		}
		if (body.length == 0) {
			return response.setComplete();
		}
		headers.setContentLength(body.length);
		return response.writeWith(Mono.fromSupplier(() -> response.bufferFactory().wrap(body)));
	}

}
