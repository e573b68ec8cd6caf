package io.serverhardening.autoconfigure.message;

import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.regex.Pattern;

import io.serverhardening.Timeout;
import io.serverhardening.WebhookSender;
import io.serverhardening.autoconfigure.diagnostics.InvalidSettingException;
import io.serverhardening.autoconfigure.diagnostics.SettingNames;
import io.serverhardening.autoconfigure.resolution.RouteSettings;
import io.serverhardening.autoconfigure.settings.HardeningProperties;
import io.serverhardening.autoconfigure.settings.WebhookProperties;
import io.serverhardening.internal.message.SenderProfile;
import io.serverhardening.webhook.WebhookSource;
import io.serverhardening.webhook.sender.KnownSender;
import org.jspecify.annotations.Nullable;

import org.springframework.beans.factory.ListableBeanFactory;
import org.springframework.util.StringUtils;

/**
 * Who may push: the sources of {@code server.hardening.webhook}, checked and made once,
 * also those that no route names yet.
 */
final class WebhookSources {

	private static final Pattern ID = Pattern.compile("[a-z0-9]+");

	private static final Duration LONGEST_TOLERANCE = Duration.ofHours(24);

	private final Map<String, WebhookProperties> properties;

	private final ListableBeanFactory beans;

	private final Map<String, WebhookSource> sources = new LinkedHashMap<>();

	/**
	 * Create the sources.
	 * @param properties the settings by the ids of the sources
	 * @param beans has the senders of the application
	 */
	WebhookSources(Map<String, WebhookProperties> properties, ListableBeanFactory beans) {
		this.properties = properties;
		this.beans = beans;
		properties.forEach((id, source) -> this.sources.put(id, source(id, source)));
	}

	/**
	 * Whether there is a source.
	 * @param id its id
	 * @return {@code false} if the settings name no such source
	 */
	boolean has(String id) {
		return this.sources.containsKey(id);
	}

	/**
	 * Return the source that a route names.
	 * @param settings what the route says
	 * @return the source, or {@code null} where no webhook is verified
	 */
	@Nullable WebhookSource of(RouteSettings settings) {
		String id = settings.own().webhook();
		if (id == null) {
			return null;
		}
		WebhookSource source = this.sources.get(id);
		if (source == null) {
			throw new InvalidSettingException(settings.property() + ".webhook", id,
					"names no source: there is no " + property(id));
		}
		return source;
	}

	/**
	 * Return what a source says.
	 * @param source the source
	 * @return its settings
	 */
	WebhookProperties properties(WebhookSource source) {
		return Objects.requireNonNull(this.properties.get(source.id()));
	}

	/**
	 * Return for how long nonces are remembered: as long as a timestamp is believed,
	 * which may be off either way. Those of a sender that does not say when may come
	 * again at any time.
	 * @param id the id of the source
	 * @return the time
	 */
	Duration nonceLifetime(String id) {
		WebhookSource source = Objects.requireNonNull(this.sources.get(id));
		WebhookSenderKind kind = kind(source);
		boolean dated = (kind != WebhookSenderKind.HMAC) ? kind != null
				: properties(source).hmac().timestampHeader() != null;
		Duration tolerance = source.tolerance();
		return ((tolerance != null && dated) ? tolerance : LONGEST_TOLERANCE).multipliedBy(2);
	}

	/**
	 * Return which sender a source is.
	 * @param source the source
	 * @return the sender, {@code null} for one that is a bean
	 */
	static @Nullable WebhookSenderKind kind(WebhookSource source) {
		return (source.sender() instanceof KnownSender) ? WebhookSenderKind.of(source.kind()) : null;
	}

	/**
	 * Return who sends to a route.
	 * @param settings what the route says
	 * @return how the sender behaves, {@link SenderProfile#UNKNOWN} where no webhook is
	 * verified
	 */
	SenderProfile profile(RouteSettings settings) {
		WebhookSource source = of(settings);
		return (source != null) ? source.profile() : SenderProfile.UNKNOWN;
	}

	/**
	 * Return how old a push to a route may be.
	 * @param settings what the route says
	 * @return the time, {@code null} for any age, or where no webhook is verified
	 */
	@Nullable Duration tolerance(RouteSettings settings) {
		WebhookSource source = of(settings);
		return (source != null) ? source.tolerance() : null;
	}

	/**
	 * Return which sender sends to a route.
	 * @param settings what the route says
	 * @return the sender, or {@code null} where it is a bean, or no webhook is verified
	 */
	@Nullable WebhookSenderKind kind(RouteSettings settings) {
		WebhookSource source = of(settings);
		return (source != null) ? kind(source) : null;
	}

	private WebhookSource source(String id, WebhookProperties source) {
		String property = property(id);
		if (!ID.matcher(id).matches()) {
			throw new InvalidSettingException(property, null,
					"is not the name of a source: only lowercase letters and digits");
		}
		String name = source.sender();
		if (!StringUtils.hasText(name)) {
			throw new InvalidSettingException(property + ".sender", null, "is required: "
					+ String.join(", ", WebhookSenderKind.codes()) + ", or a WebhookSender bean's name");
		}
		Duration tolerance = source.tolerance().duration();
		if (tolerance != null && tolerance.compareTo(LONGEST_TOLERANCE) > 0) {
			throw new InvalidSettingException(property + ".tolerance", source.tolerance(),
					"must be at most 24h, or none");
		}
		// The application's own first, as everywhere.
		boolean bean = this.beans.containsBean(name) && this.beans.isTypeMatch(name, WebhookSender.class);
		WebhookSenderKind kind = bean ? null : WebhookSenderKind.of(name);
		if (!bean && kind == null) {
			throw unknown(property + ".sender", name);
		}
		WebhookSenderFactory factory = new WebhookSenderFactory(property, name, source);
		factory.refuseUnused(kind);
		WebhookSender sender = (kind != null) ? factory.known(kind) : this.beans.getBean(name, WebhookSender.class);
		return new WebhookSource(id, (kind != null) ? kind.code() : name, sender,
				profile(property, name, source, sender, kind), tolerance, property);
	}

	private InvalidSettingException unknown(String property, String name) {
		List<String> beans = List.of(this.beans.getBeanNamesForType(WebhookSender.class, true, false));
		List<String> all = new ArrayList<>(WebhookSenderKind.codes());
		all.addAll(beans);
		String nearest = SettingNames.nearest(all, name);
		return new InvalidSettingException(property, name, "names no sender: the nearest is " + nearest + ". Known are "
				+ String.join(", ", WebhookSenderKind.codes()) + ", and beans of type WebhookSender by their names"
				+ (beans.isEmpty() ? ", of which there are none" : ": " + String.join(", ", beans)));
	}

	// What is known of somebody is not for others to say.
	private static SenderProfile profile(String property, String name, WebhookProperties source, WebhookSender sender,
			@Nullable WebhookSenderKind kind) {
		SenderProfile profile = (sender instanceof KnownSender known) ? known.profile()
				: SenderProfile.of(positive(sender.timeout(), "timeout", name), sender.attempts(),
						positive(sender.retryPeriod(), "retryPeriod", name), sender.acknowledgement());
		boolean scheme = kind != null && kind.isScheme();
		Timeout timeout = source.senderTimeout();
		Timeout period = source.retryPeriod();
		if (timeout != null && profile.timeout() != null && !scheme) {
			throw new InvalidSettingException(property + ".sender-timeout", null,
					"is known for " + name + " and cannot be set: leave it out");
		}
		if (period != null && profile.retryPeriod() != null && !scheme) {
			throw new InvalidSettingException(property + ".retry-period", null,
					"is known for " + name + " and cannot be set: leave it out");
		}
		return new SenderProfile((timeout != null) ? timeout.duration() : profile.timeout(), profile.attempts(),
				(period != null) ? period.duration() : profile.retryPeriod(), profile.ttl(), profile.acknowledgement(),
				profile.leftUnanswered());
	}

	private static @Nullable Duration positive(@Nullable Duration time, String method, String bean) {
		if (time != null && (time.isZero() || time.isNegative())) {
			throw new IllegalStateException("The WebhookSender '" + bean + "' has a " + method + "() of " + time
					+ ": it must be positive, or null where nobody says");
		}
		return time;
	}

	static String property(String id) {
		return HardeningProperties.PREFIX + ".webhook." + id;
	}

}
