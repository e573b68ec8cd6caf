package io.serverhardening.webhook;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.HexFormat;

import io.serverhardening.Ending;
import io.serverhardening.GuardedRequest;
import io.serverhardening.WebhookVerdict;
import io.serverhardening.internal.channel.RequestChannel;
import io.serverhardening.webhook.nonce.NonceAccess;
import io.serverhardening.webhook.nonce.NonceStore;
import io.serverhardening.webhook.sender.Signatures;

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
	 * @return the use, which is kept or given back when the request ends
	 */
	static NonceStore.Use use(NonceAccess nonces, ServerWebExchange exchange, WebhookVerdict.Genuine genuine,
			boolean copies) {
		NonceStore.Use use = nonces.of(hash(genuine.nonce()), fingerprint(exchange, genuine), copies,
				() -> RequestChannel.home(exchange.getRequest()));
		if (!copies) {
			GuardedRequest.required(exchange).onEnd((ending, error) -> {
				if (isHandled(ending, exchange.getResponse())) {
					use.keep();
				}
				else {
					use.giveBack();
				}
			});
		}
		return use;
	}

	private static boolean isHandled(Ending ending, ServerHttpResponse response) {
		HttpStatusCode status = response.getStatusCode();
		return ending == Ending.COMPLETED && (status == null || !status.isError());
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

}
