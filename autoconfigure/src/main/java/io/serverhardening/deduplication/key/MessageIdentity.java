package io.serverhardening.deduplication.key;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicLong;

import io.serverhardening.deduplication.record.ClaimRequest;
import io.serverhardening.deduplication.record.ClaimTerms;
import io.serverhardening.internal.message.BufferedExchange;
import io.serverhardening.internal.message.MessageMethods;
import org.jspecify.annotations.Nullable;

import org.springframework.http.HttpMethod;
import org.springframework.util.StringUtils;

/**
 * What the messages of a route are known by, and who owns them.
 */
public final class MessageIdentity {

	/**
	 * Names this process among the owners of messages.
	 */
	public static final String INSTANCE = HexFormat.of().toHexDigits(ThreadLocalRandom.current().nextInt());

	/**
	 * Those whom nobody can name share one name.
	 */
	public static final String NOBODY = "";

	private static final AtomicLong OWNERS = new AtomicLong();

	private static final byte SEPARATOR = 0;

	private final byte[] scope;

	private final boolean webhook;

	private final ClaimTerms terms;

	/**
	 * Create the identity.
	 * @param route the id of the route
	 * @param webhook whether the sender is verified
	 * @param terms on what terms its messages are claimed
	 */
	public MessageIdentity(String route, boolean webhook, ClaimTerms terms) {
		this.scope = (route + ' ').getBytes(StandardCharsets.UTF_8);
		this.webhook = webhook;
		this.terms = terms;
	}

	/**
	 * Return what a copy asks the store for.
	 * @param exchange the copy
	 * @param key its key, {@code null} where what is in it is its key
	 * @param kind by which rule its sender is known
	 * @param sender the sender
	 * @return the request
	 */
	public ClaimRequest request(BufferedExchange exchange, @Nullable String key, Kind kind, String sender) {
		String fingerprint = Fingerprint.of(exchange, this.webhook);
		String id = id(exchange.getRequest().getMethod(), kind, sender,
				StringUtils.hasLength(key) ? 'k' + key : fingerprint);
		return new ClaimRequest(id, fingerprint, INSTANCE + '-' + OWNERS.incrementAndGet(), true, this.terms);
	}

	/**
	 * Return what messages of a key would be known by.
	 * @param key the key as it was sent
	 * @param kind by which rule its sender is known
	 * @param sender the sender
	 * @return the ids, one for each method
	 */
	public List<String> idsOf(String key, Kind kind, String sender) {
		return MessageMethods.all().map((method) -> id(method, kind, sender, 'k' + key)).distinct().toList();
	}

	/**
	 * Return what a copy asks the store for whose key belongs to another message.
	 * @param first what it has asked for
	 * @return the request
	 */
	public static ClaimRequest ofOther(ClaimRequest first) {
		return new ClaimRequest(Fingerprint.idOf(first.id(), first.fingerprint()), first.fingerprint(), first.owner(),
				true, first.terms());
	}

	private String id(HttpMethod method, Kind kind, String sender, String key) {
		MessageDigest digest = Fingerprint.sha256();
		digest.update(this.scope);
		if (!this.webhook) {
			// Nobody has signed by which method a push comes.
			digest.update(method.name().getBytes(StandardCharsets.UTF_8));
		}
		digest.update(SEPARATOR);
		digest.update(kind.mark);
		digest.update(sender.getBytes(StandardCharsets.UTF_8));
		digest.update(SEPARATOR);
		digest.update(key.getBytes(StandardCharsets.UTF_8));
		return Fingerprint.hex(digest);
	}

	/**
	 * By which rule a sender is known. Two that have the same name by different rules are
	 * not the same.
	 */
	public enum Kind {

		/** The sources of webhooks, whose names are the configuration's. */
		WEBHOOK('w'),

		/** Callers whom the application names. */
		CLIENT('c'),

		/** Callers whom Spring Security names. */
		PRINCIPAL('p');

		private final byte mark;

		Kind(char mark) {
			this.mark = (byte) mark;
		}

	}

}
