package io.serverhardening.webhook;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.concurrent.atomic.AtomicBoolean;

import io.serverhardening.EndAction;
import io.serverhardening.Ending;
import io.serverhardening.GuardedRequest;
import io.serverhardening.WebhookVerdict;
import io.serverhardening.internal.channel.RequestChannel;
import io.serverhardening.webhook.nonce.NonceAccess;
import io.serverhardening.webhook.nonce.NonceStore;
import io.serverhardening.webhook.sender.Signatures;
import org.jspecify.annotations.Nullable;

import org.springframework.http.HttpStatusCode;
import org.springframework.http.server.reactive.ServerHttpResponse;
import org.springframework.web.server.ServerWebExchange;

/**
 * The nonce of a push. It is good for one message of one method on one route.
 */
final class PushNonce {

	private static final byte SEPARATOR = 0;

	private PushNonce() {
	}

	/**
	 * Get ready to take the nonce of a push. Where copies are answered further on a nonce
	 * is used for good, whatever becomes of the first; elsewhere a push that was not
	 * handled may come again.
	 * @param nonces reach what the sender has used
	 * @param exchange the request
	 * @param genuine the push
	 * @param copies whether copies are answered further on
	 * @return the use, which is kept when the request ends, or given back before its
	 * sender can know that it failed
	 */
	static NonceStore.Use use(NonceAccess nonces, ServerWebExchange exchange, WebhookVerdict.Genuine genuine,
			boolean copies) {
		NonceStore.Use use = nonces.of(hash(genuine.nonce()), fingerprint(exchange, genuine), copies,
				() -> RequestChannel.home(exchange.getRequest()));
		if (!copies) {
			GuardedRequest.required(exchange).onEnd(new NonceEnd(use, exchange.getResponse()));
		}
		return use;
	}

	// What was signed was meant for one thing: not for another method, nor another route
	// of the same sender.
	private static String fingerprint(ServerWebExchange exchange, WebhookVerdict.Genuine genuine) {
		MessageDigest digest = Signatures.digest("SHA-256");
		digest.update(exchange.getRequest().getMethod().name().getBytes(StandardCharsets.UTF_8));
		digest.update(SEPARATOR);
		digest.update(GuardedRequest.required(exchange).route().id().getBytes(StandardCharsets.UTF_8));
		digest.update(SEPARATOR);
		return HexFormat.of().formatHex(digest.digest(genuine.body()));
	}

	// A nonce is as long as its sender likes.
	private static String hash(String nonce) {
		MessageDigest digest = Signatures.digest("SHA-256");
		return HexFormat.of().formatHex(digest.digest(nonce.getBytes(StandardCharsets.UTF_8)), 0, 16);
	}

	/**
	 * Decides what becomes of a nonce. A sender that is told of a failure may send again
	 * at once: the nonce is given back before the answer leaves.
	 */
	private static final class NonceEnd implements EndAction {

		private final NonceStore.Use use;

		private final ServerHttpResponse response;

		private final AtomicBoolean decided = new AtomicBoolean();

		NonceEnd(NonceStore.Use use, ServerHttpResponse response) {
			this.use = use;
			this.response = response;
		}

		@Override
		public void onBegun() {
			if (hasFailed() && this.decided.compareAndSet(false, true)) {
				this.use.giveBack();
			}
		}

		@Override
		public void onEnd(Ending ending, @Nullable Throwable error) {
			if (this.decided.compareAndSet(false, true)) {
				if (ending == Ending.COMPLETED && !hasFailed()) {
					this.use.keep();
				}
				else {
					this.use.giveBack();
				}
			}
		}

		private boolean hasFailed() {
			HttpStatusCode status = this.response.getStatusCode();
			return status != null && status.isError();
		}

	}

}
