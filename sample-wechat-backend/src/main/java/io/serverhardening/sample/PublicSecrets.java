package io.serverhardening.sample;

import java.util.List;
import java.util.Map;
import java.util.Set;

import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;

import org.springframework.beans.factory.config.BeanFactoryPostProcessor;
import org.springframework.beans.factory.config.ConfigurableListableBeanFactory;
import org.springframework.boot.context.properties.bind.Bindable;
import org.springframework.boot.context.properties.bind.Binder;
import org.springframework.core.env.Environment;
import org.springframework.core.env.Profiles;
import org.springframework.stereotype.Component;

// Stops the start with a secret that everybody can look up, or with none: whoever knows it
// is WeChat, or a partner. The profile "demo" is there to try them. Asked before there is
// any bean, so that nothing listens or connects first.
@Component
class PublicSecrets implements BeanFactoryPostProcessor {

	private static final Log logger = LogFactory.getLog(PublicSecrets.class);

	private static final String WEBHOOK = "server.hardening.webhook";

	private static final String TIERS = "sample.api.tiers";

	private static final String EXAMPLE = "is printed in documentation as an example: anybody who has read it there "
			+ "can send messages that this server takes for genuine";

	// Of WeChat's documentation and kits, of the starter's guide, of Standard Webhooks.
	private static final Set<String> EXAMPLES = Set.of("AAAAA", "123456", "A".repeat(43), "QDG6eK",
			"abcdefghijklmnopqrstuvwxyz0123456789ABCDEFG", "jWmYm7qr5nMoAUwZRjGtBxmz3KA1tkAj3ykkR6q2B2C",
			"kWxPEV2UEDyxWpmPdKC3F4dgPDmOvfKX1HGnEUDS1aR", "wxba5fad812f8e6fb9", "wx0123456789abcdef",
			"0123456789abcdef0123456789abcdef", "new-secret", "old-secret", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw");

	@Override
	public void postProcessBeanFactory(ConfigurableListableBeanFactory beanFactory) {
		Environment environment = beanFactory.getBean(Environment.class);
		if (environment.acceptsProfiles(Profiles.of("demo"))) {
			logger.warn("The profile demo is active and its secrets are public. Anybody who reaches this server can "
					+ "break its report and read its ledger. Leave demo out of spring.profiles.active in production.");
			return;
		}
		Binder binder = Binder.get(environment);
		binder.bind(WEBHOOK, Bindable.mapOf(String.class, Source.class)).orElse(Map.of()).forEach((name, source) -> {
			check(WEBHOOK + "." + name + ".app-id", source.appId(),
					"Set WECHAT_APP_ID to the id of the account, as its console shows it.");
			check(WEBHOOK + "." + name + ".secrets", source.secrets(),
					"Set WECHAT_TOKEN, and enter the same token in the account's console. This makes one:\n\n"
							+ "    openssl rand -hex 16");
			check(WEBHOOK + "." + name + ".aes-keys", source.aesKeys(),
					"Set WECHAT_AES_KEY, and enter the same EncodingAESKey in the account's console, which can make "
							+ "one. So can this:\n\n    openssl rand -base64 64 | tr -dc A-Za-z0-9 | head -c 43");
		});
		binder.bind(TIERS, Bindable.mapOf(String.class, String.class)).orElse(Map.of()).keySet().forEach((key) -> {
			if (key.startsWith("demo-")) {
				throw new PublicSecretException(TIERS + "." + key, EXAMPLE,
						"Give away keys that nobody can guess. This makes one:\n\n    openssl rand -hex 16");
			}
		});
	}

	private static void check(String property, @Nullable List<String> values, String remedy) {
		if (values == null) {
			return;
		}
		if (values.isEmpty()) {
			throw new PublicSecretException(property, "is not set", remedy);
		}
		if (values.stream().anyMatch(EXAMPLES::contains)) {
			throw new PublicSecretException(property, EXAMPLE, remedy);
		}
	}

	// What of a webhook's source a stranger must not know.
	record Source(@Nullable List<String> appId, @Nullable List<String> secrets, @Nullable List<String> aesKeys) {

	}

}
