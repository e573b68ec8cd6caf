package io.serverhardening.webhook;

import java.time.Instant;
import java.util.function.LongSupplier;
import java.util.function.UnaryOperator;

import io.serverhardening.RejectionReason;
import io.serverhardening.WebhookPush;
import io.serverhardening.WebhookVerdict;
import io.serverhardening.internal.call.ApplicationCall;
import io.serverhardening.internal.call.ApplicationCalls;
import io.serverhardening.internal.message.BufferedExchange;
import io.serverhardening.internal.message.UnreadableMessageException;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

import org.springframework.http.server.reactive.ServerHttpRequest;
import org.springframework.http.server.reactive.ServerHttpResponse;

/**
 * Asks a sender whether a push is its own, and has it encrypt what is answered. The
 * sender may be the application's own: whatever it throws lets nothing through.
 */
final class SenderCalls {

	private static final WebhookVerdict NONE = WebhookVerdict.refused("The push is not its sender's.");

	private final WebhookSource source;

	private final ApplicationCalls calls;

	private final LongSupplier time;

	/**
	 * Create the calls of a route.
	 * @param source has the sender
	 * @param calls count what fails
	 * @param time the clock, milliseconds since the epoch
	 */
	SenderCalls(WebhookSource source, ApplicationCalls calls, LongSupplier time) {
		this.source = source;
		this.calls = calls;
		this.time = time;
	}

	/**
	 * Have a push verified and decrypted.
	 * @param exchange the push, whose body has been read
	 * @return what there is to say of it
	 */
	Opening open(BufferedExchange exchange) {
		ServerHttpRequest request = exchange.getRequest();
		WebhookPush push = new WebhookPush(request.getMethod(), request.getURI(), request.getHeaders(),
				request.getQueryParams(), exchange.body(), Instant.ofEpochMilli(this.time.getAsLong()),
				this.source.tolerance());
		try {
			WebhookVerdict verdict = this.source.sender().verify(push);
			return Opening.of((verdict != null) ? verdict : NONE);
		}
		catch (UnreadableMessageException ex) {
			return Opening.refused(RejectionReason.MESSAGE_INVALID, ex.detail());
		}
		catch (Throwable ex) {
			failed(ex);
			throw ex;
		}
	}

	private void failed(Throwable ex) {
		if (!(ex instanceof UnreadableMessageException)) {
			this.calls.failed(ApplicationCall.WEBHOOK_SENDER, this.source.sender(), ex);
		}
	}

	/**
	 * Have what is answered encrypted, where the sender wants that.
	 * @param response the response to the push
	 * @param reply encrypts what is answered, {@code null} where it goes as it is
	 * @return the response that the handler is given
	 */
	ServerHttpResponse response(ServerHttpResponse response, @Nullable UnaryOperator<byte[]> reply) {
		return (reply != null) ? new EncryptedResponse(response, (plain) -> encrypt(reply, plain),
				this.source.profile().acknowledgement()) : response;
	}

	private Mono<byte[]> encrypt(UnaryOperator<byte[]> reply, byte[] plain) {
		// Among Spring's own operators an Error would fly past whoever answers it.
		return ApplicationCalls.mono(() -> Mono.just(reply.apply(plain)))
			.doOnError(this::failed)
			.onErrorMap(Error.class, (ex) -> new IllegalStateException("A reply cannot be encrypted", ex));
	}

	/**
	 * What there is to say of a push.
	 *
	 * @param verdict what there is to say
	 * @param reason why it is refused, where it is
	 */
	record Opening(WebhookVerdict verdict, RejectionReason reason) {

		static Opening of(WebhookVerdict verdict) {
			return new Opening(verdict, RejectionReason.SIGNATURE_INVALID);
		}

		static Opening refused(RejectionReason reason, String detail) {
			return new Opening(WebhookVerdict.refused(detail), reason);
		}

	}

}
