package io.serverhardening.autoconfigure.message;

import io.serverhardening.DataLimit;
import io.serverhardening.autoconfigure.diagnostics.InvalidSettingException;
import io.serverhardening.autoconfigure.resolution.RouteSettings;
import io.serverhardening.autoconfigure.settings.DeduplicationProperties;
import io.serverhardening.webhook.WebhookSource;

import org.springframework.util.unit.DataSize;

/**
 * How large a message may be: the whole of it is read before it is known.
 */
final class MessageSize {

	/** Twenty times what WeChat pushes. */
	private static final DataSize WECHAT_BODY = DataSize.ofKilobytes(64);

	/** The default of spring.codec.max-in-memory-size. */
	private static final DataSize BODY = DataSize.ofKilobytes(256);

	private static final DataSize LONGEST_BODY = DataSize.ofMegabytes(64);

	private MessageSize() {
	}

	/**
	 * Return how large a message of a route may be.
	 * @param settings what the route says
	 * @param sources who may push
	 * @return bytes
	 * @throws InvalidSettingException if it is too large for memory, or for the route
	 */
	static int max(RouteSettings settings, WebhookSources sources) {
		DataLimit all = settings.inForce().request().maxBodySize();
		DeduplicationProperties deduplication = settings.own().deduplication();
		if (deduplication != null && deduplication.maxBodySize() != null) {
			return check(deduplication.maxBodySize(), settings.property() + ".deduplication", all);
		}
		WebhookSource source = sources.of(settings);
		DataLimit own = (source != null) ? sources.properties(source).maxBodySize() : null;
		if (source != null && own != null) {
			return check(own, source.property(), all);
		}
		boolean wechat = source != null && WebhookSources.kind(source) == WebhookSenderKind.WECHAT;
		return (int) Math.min((wechat ? WECHAT_BODY : BODY).toBytes(), all.bytes());
	}

	private static int check(DataLimit own, String property, DataLimit all) {
		if (own.isNone() || own.bytes() > LONGEST_BODY.toBytes()) {
			throw new InvalidSettingException(property + ".max-body-size", own,
					"must be a size up to 64MB: the whole message is held in memory");
		}
		if (own.bytes() > all.bytes()) {
			throw new InvalidSettingException(property + ".max-body-size", own,
					"must not exceed request.max-body-size (" + all + "), which refuses longer bodies");
		}
		return (int) own.bytes();
	}

}
