package io.serverhardening.internal.message;

import java.nio.charset.StandardCharsets;
import java.time.Duration;

import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

import org.springframework.http.HttpStatus;
import org.springframework.http.MediaType;
import org.springframework.http.server.reactive.ServerHttpResponse;

/**
 * How a sender of webhooks behaves, and what it wants to hear.
 *
 * @param timeout push → it gives up on an answer, {@code null} where nobody says
 * @param attempts how often it tries in all, zero where nobody says
 * @param retryPeriod first attempt → last attempt, {@code null} where nobody says
 * @param ttl how long its messages are worth remembering for another reason, such as
 * somebody who sends them again by hand; {@code null} for none
 * @param acknowledgement the body that ends its attempts
 * @param leftUnanswered whether an attempt that cannot be answered yet is left without an
 * answer, until the last: what the sender takes an error for is not known
 */
public record SenderProfile(@Nullable Duration timeout, int attempts, @Nullable Duration retryPeriod,
		@Nullable Duration ttl, String acknowledgement, boolean leftUnanswered) {

	/** Who calls where no webhook is verified. */
	public static final SenderProfile UNKNOWN = new SenderProfile(null, 0, null, null, "", false);

	/**
	 * Describe a sender of which nothing more is known.
	 * @param timeout push → it gives up on an answer
	 * @param attempts how often it tries in all
	 * @param retryPeriod first attempt → last attempt
	 * @param acknowledgement the body that ends its attempts
	 * @return the profile
	 */
	public static SenderProfile of(@Nullable Duration timeout, int attempts, @Nullable Duration retryPeriod,
			String acknowledgement) {
		return new SenderProfile(timeout, attempts, retryPeriod, null, acknowledgement, false);
	}

	/**
	 * Return what a text is that the sender is answered with.
	 * @param text the text
	 * @return the type of JSON or of text: what is echoed must never be taken for a page
	 */
	public static MediaType typeOf(String text) {
		return text.startsWith("{") ? MediaType.APPLICATION_JSON : MediaType.TEXT_PLAIN;
	}

	/**
	 * Tell the sender that its message has been taken.
	 * @param response the response
	 * @return completes when that is written
	 */
	public Mono<Void> acknowledge(ServerHttpResponse response) {
		response.setStatusCode(HttpStatus.OK);
		byte[] body = this.acknowledgement.getBytes(StandardCharsets.UTF_8);
		if (body.length == 0) {
			return response.setComplete();
		}
		response.getHeaders().setContentType(typeOf(this.acknowledgement));
		response.getHeaders().setContentLength(body.length);
		return response.writeWith(Mono.fromSupplier(() -> response.bufferFactory().wrap(body)));
	}

}
