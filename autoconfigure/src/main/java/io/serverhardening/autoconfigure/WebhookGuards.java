package io.serverhardening.autoconfigure;

import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.LongSupplier;
import java.util.regex.Pattern;

import io.serverhardening.ClientAddressResolver;
import io.serverhardening.DataLimit;
import io.serverhardening.Mode;
import io.serverhardening.Timeout;
import io.serverhardening.connection.CidrBlock;
import io.serverhardening.internal.ApplicationCalls;
import io.serverhardening.internal.SenderProfile;
import io.serverhardening.route.RoutePolicy.Binding;
import io.serverhardening.webhook.HmacPolicy;
import io.serverhardening.webhook.HmacSender;
import io.serverhardening.webhook.Nonces;
import io.serverhardening.webhook.WebhookActivity;
import io.serverhardening.webhook.WebhookGuard;
import io.serverhardening.webhook.WebhookSender;
import io.serverhardening.webhook.WechatEncryption;
import io.serverhardening.webhook.WechatSender;
import org.jspecify.annotations.Nullable;

import org.springframework.util.StringUtils;
import org.springframework.util.unit.DataSize;

/**
 * Makes the guards that verify webhooks.
 */
final class WebhookGuards implements GuardFactory {

	private static final Pattern ID = Pattern.compile("[a-z0-9]+");

	/** Twenty times what WeChat pushes. */
	private static final DataSize WECHAT_BODY = DataSize.ofKilobytes(64);

	/** The default of spring.codec.max-in-memory-size. */
	private static final DataSize BODY = DataSize.ofKilobytes(256);

	private static final DataSize LONGEST_BODY = DataSize.ofMegabytes(64);

	private static final Duration LONGEST_TOLERANCE = Duration.ofHours(24);

	private final HardeningProperties properties;

	private final ClientAddressResolver addresses;

	private final LongSupplier time;

	/** What is counted outlives the guards, which are made anew at each re-tune. */
	private final Map<String, WebhookActivity> activities = new ConcurrentHashMap<>();

	/**
	 * Create the factory.
	 * @param properties the settings
	 * @param addresses tells where a push comes from
	 * @param calls lead to who tells
	 * @param time the clock, milliseconds since the epoch
	 */
	WebhookGuards(HardeningProperties properties, ClientAddressResolver addresses, ApplicationCalls calls,
			LongSupplier time) {
		this.properties = properties;
		this.addresses = new ContainedAddresses(addresses, calls);
		this.time = time;
		// Also those that no route names yet.
		properties.webhook().forEach(this::sender);
	}

	@Override
	public String group() {
		return WebhookGuard.NAME;
	}

	/**
	 * Return what has happened to the pushes of each source.
	 * @return the counts by source
	 */
	Map<String, WebhookActivity> activities() {
		return this.activities;
	}

	/**
	 * Return who sends to a route.
	 * @param settings what the route says
	 * @return how the sender behaves, {@link SenderProfile#UNKNOWN} where no webhook is
	 * verified
	 */
	SenderProfile profile(RouteSettings settings) {
		String id = settings.own().webhook();
		return (id != null) ? sender(id, source(settings, id)).profile() : SenderProfile.UNKNOWN;
	}

	/**
	 * Return how old a push to a route may be.
	 * @param settings what the route says
	 * @return the time, {@code null} for any age, or where no webhook is verified
	 */
	@Nullable Duration tolerance(RouteSettings settings) {
		String id = settings.own().webhook();
		return (id != null) ? source(settings, id).tolerance().duration() : null;
	}

	/**
	 * Return what kind of sender sends to a route.
	 * @param settings what the route says
	 * @return the kind, or {@code null} where no webhook is verified
	 */
	@Nullable WebhookSenderKind kind(RouteSettings settings) {
		String id = settings.own().webhook();
		return (id != null) ? source(settings, id).sender() : null;
	}

	@Override
	public @Nullable Binding guard(RouteSettings settings) {
		String id = settings.own().webhook();
		if (id == null) {
			return null;
		}
		WebhookProperties source = source(settings, id);
		WebhookSender sender = sender(id, source);
		checkTimeout(settings, sender);
		WebhookActivity activity = this.activities.computeIfAbsent(id,
				(key) -> new WebhookActivity(new Nonces(remembered(key, source), this.time)));
		List<CidrBlock> from = source.allowedFrom();
		return new Binding(
				new WebhookGuard(sender, activity,
						(client) -> from.isEmpty()
								|| from.stream().anyMatch((block) -> block.contains(client.address())),
						this.addresses, settings.own().deduplication() != null, maxBodySize(settings), property(id),
						this.time),
				Mode.ENFORCE);
	}

	/**
	 * Return how large a message may be: the whole of it is read before it is known.
	 * @param settings what the route says
	 * @return bytes
	 */
	int maxBodySize(RouteSettings settings) {
		DataLimit all = Objects.requireNonNullElse(settings.own().request().maxBodySize(),
				this.properties.request().maxBodySize());
		RouteProperties.Deduplication deduplication = settings.own().deduplication();
		if (deduplication != null && deduplication.maxBodySize() != null) {
			return maxBodySize(deduplication.maxBodySize(), settings.property() + ".deduplication", all);
		}
		String id = settings.own().webhook();
		WebhookProperties source = (id != null) ? source(settings, id) : null;
		if (id != null && source != null && source.maxBodySize() != null) {
			return maxBodySize(source.maxBodySize(), property(id), all);
		}
		boolean wechat = source != null && source.sender() == WebhookSenderKind.WECHAT;
		return (int) Math.min((wechat ? WECHAT_BODY : BODY).toBytes(), all.bytes());
	}

	private static int maxBodySize(DataLimit own, String property, DataLimit all) {
		if (own.isNone() || own.bytes() > LONGEST_BODY.toBytes()) {
			throw new InvalidSettingException(property + ".max-body-size", own,
					"must be a size up to 64MB: the whole of a message is held in memory");
		}
		if (own.bytes() > all.bytes()) {
			throw new InvalidSettingException(property + ".max-body-size", own,
					"must not exceed request.max-body-size (" + all + "), which ends longer bodies");
		}
		return (int) own.bytes();
	}

	private void checkTimeout(RouteSettings settings, WebhookSender sender) {
		Timeout timeout = Objects.requireNonNullElse(settings.own().response().timeout(),
				this.properties.response().timeout());
		Duration patience = sender.profile().timeout();
		Duration duration = timeout.duration();
		if (patience != null && (duration == null || duration.compareTo(patience) >= 0)) {
			throw new InvalidSettingException(settings.property() + ".response.timeout", timeout,
					"must be shorter than the " + Timeout.of(patience) + " after which " + sender.source()
							+ " gives up on the answer, such as " + Timeout.of(patience.multipliedBy(9).dividedBy(10)));
		}
	}

	private WebhookProperties source(RouteSettings settings, String id) {
		WebhookProperties source = this.properties.webhook().get(id);
		if (source == null) {
			throw new InvalidSettingException(settings.property() + ".webhook", id,
					"names no source: there is no " + property(id));
		}
		return source;
	}

	private WebhookSender sender(String id, WebhookProperties source) {
		String property = property(id);
		if (!ID.matcher(id).matches()) {
			throw new InvalidSettingException(property, null,
					"is not the name of a source: only lowercase letters and digits");
		}
		if (source.sender() == null) {
			throw new InvalidSettingException(property + ".sender", null, "is required: wechat or hmac");
		}
		if (source.secrets().stream().noneMatch(StringUtils::hasText)) {
			throw new InvalidSettingException(property + ".secrets", null,
					"are required: without a secret anybody could push");
		}
		if (source.secrets().stream().anyMatch((secret) -> !StringUtils.hasText(secret))) {
			throw new InvalidSettingException(property + ".secrets", null, "has an empty one, which everybody knows");
		}
		remembered(id, source);
		return switch (source.sender()) {
			case WECHAT -> wechat(id, source, property);
			case HMAC -> hmac(id, source, property);
		};
	}

	private WechatSender wechat(String id, WebhookProperties source, String property) {
		if (source.senderTimeout() != null || source.retryPeriod() != null) {
			throw new InvalidSettingException(
					property + ((source.senderTimeout() != null) ? ".sender-timeout" : ".retry-period"), null,
					"is known for WeChat, and cannot be set");
		}
		boolean encrypted = source.encryption() != WechatEncryption.PLAIN;
		if (encrypted && source.aesKeys().isEmpty()) {
			throw new InvalidSettingException(property + ".aes-keys", null,
					"are required with encryption: " + source.encryption().name().toLowerCase(java.util.Locale.ROOT));
		}
		if (encrypted && !StringUtils.hasText(source.appId())) {
			throw new InvalidSettingException(property + ".app-id", null,
					"is required: a message for another app is encrypted with the same key if it shares it");
		}
		String appId = Objects.requireNonNullElse(source.appId(), "");
		try {
			return new WechatSender(id, source.encryption(), source.secrets(), source.aesKeys(), appId,
					source.tolerance().duration());
		}
		catch (IllegalArgumentException ex) {
			throw new InvalidSettingException(property + ".aes-keys", null,
					"has one that is no EncodingAESKey: 43 letters and digits");
		}
	}

	private static HmacSender hmac(String id, WebhookProperties source, String property) {
		WebhookProperties.Hmac hmac = source.hmac();
		HmacPolicy policy = new HmacPolicy(hmac.signatureHeader(), hmac.signaturePrefix(), hmac.timestampHeader(),
				hmac.nonceHeader(), hmac.algorithm(), hmac.encoding(), hmac.signed(), source.tolerance().duration());
		String problem = policy.problem();
		if (problem != null) {
			throw new InvalidSettingException(property + ".hmac.signed", hmac.signed(), problem);
		}
		Timeout timeout = source.senderTimeout();
		Timeout period = source.retryPeriod();
		return new HmacSender(id, policy, source.secrets(),
				new SenderProfile((timeout != null) ? timeout.duration() : null, 0,
						(period != null) ? period.duration() : null, "", false));
	}

	// For how long a nonce is remembered where a timestamp is believed at any age.
	private static Duration remembered(String id, WebhookProperties source) {
		Duration tolerance = source.tolerance().duration();
		if (tolerance != null && tolerance.compareTo(LONGEST_TOLERANCE) > 0) {
			throw new InvalidSettingException(property(id) + ".tolerance", source.tolerance(),
					"must be at most 24h, or none");
		}
		boolean dated = source.sender() != WebhookSenderKind.HMAC || source.hmac().timestampHeader() != null;
		return (tolerance != null && dated) ? tolerance : LONGEST_TOLERANCE;
	}

	private static String property(String id) {
		return HardeningProperties.PREFIX + ".webhook." + id;
	}

}
