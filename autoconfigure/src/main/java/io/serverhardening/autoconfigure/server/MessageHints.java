package io.serverhardening.autoconfigure.server;

import java.time.Duration;

import io.serverhardening.autoconfigure.settings.DeduplicationProperties;
import io.serverhardening.autoconfigure.settings.HardeningProperties;
import io.serverhardening.autoconfigure.settings.RecordStoreChoice;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;

import org.springframework.context.ApplicationContext;
import org.springframework.util.ClassUtils;

/**
 * What an operator should know of routes whose messages are answered once.
 */
final class MessageHints {

	/** One for all that is said at the start. */
	private static final Log logger = LogFactory.getLog(StartHints.class);

	private static final String SECURITY = "org.springframework.security.web.server.SecurityWebFilterChain";

	private final HardeningProperties properties;

	private final ApplicationContext context;

	/**
	 * Create the hints.
	 * @param properties the settings as they are written
	 * @param context of the application
	 */
	MessageHints(HardeningProperties properties, ApplicationContext context) {
		this.properties = properties;
		this.context = context;
	}

	/**
	 * Say what there is to say.
	 */
	void say() {
		hintAtSharedMessages();
		hintAtRedisTimeout(this.context.getEnvironment().getProperty("spring.data.redis.timeout", Duration.class));
	}

	private void hintAtSharedMessages() {
		if (isSecured()) {
			return;
		}
		this.properties.routes().forEach((id, route) -> {
			DeduplicationProperties own = route.deduplication();
			if (own != null && own.principal() == null && route.webhook() == null) {
				String property = HardeningProperties.PREFIX + ".routes." + id + ".deduplication";
				logger.warn(property + " does not know who calls: the route has no webhook and no principal, and the "
						+ "application has no Spring Security. A caller who repeats the key and the body of an "
						+ "earlier request gets the answer to that request, also where the application would refuse "
						+ "the caller. Set " + property + ".principal to header:NAME or bean:NAME. Where filters of "
						+ "the application refuse callers, set " + property + ".order to last too");
			}
		});
	}

	private void hintAtRedisTimeout(@Nullable Duration redis) {
		this.properties.routes().forEach((id, route) -> {
			DeduplicationProperties own = route.deduplication();
			if (redis == null || own == null || own.store() == RecordStoreChoice.MEMORY) {
				return;
			}
			Duration ours = own.storeTimeout().duration();
			if (ours != null && redis.compareTo(ours) <= 0) {
				logger.warn("spring.data.redis.timeout (" + redis.toMillis() + " ms) is not longer than "
						+ HardeningProperties.PREFIX + ".routes." + id + ".deduplication.store-timeout ("
						+ own.storeTimeout() + "): a message that Redis grants after its client has given up here is "
						+ "handled by no instance until its lease is over. Make spring.data.redis.timeout longer than "
						+ "store-timeout");
			}
		});
	}

	private boolean isSecured() {
		ClassLoader loader = this.context.getClassLoader();
		return ClassUtils.isPresent(SECURITY, loader) && this.context
			.getBeanNamesForType(ClassUtils.resolveClassName(SECURITY, loader), true, false).length > 0;
	}

}
