package io.serverhardening.autoconfigure.message;

import java.util.List;

import io.serverhardening.ClientKeyResolver;
import io.serverhardening.MessageKeyResolver;
import io.serverhardening.autoconfigure.diagnostics.InvalidSettingException;
import io.serverhardening.autoconfigure.resolution.RouteSettings;
import io.serverhardening.deduplication.key.MessageKeys;
import io.serverhardening.internal.message.HeaderValues;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

import org.springframework.beans.factory.BeanFactory;
import org.springframework.beans.factory.BeanNotOfRequiredTypeException;
import org.springframework.beans.factory.NoSuchBeanDefinitionException;

/**
 * By what two requests are told to bring the same message: what is written in the
 * settings, or a bean of the application.
 */
final class MessageKeyChoice {

	private final BeanFactory beans;

	/**
	 * Create the choice.
	 * @param beans has the resolvers of the application
	 */
	MessageKeyChoice(BeanFactory beans) {
		this.beans = beans;
	}

	/**
	 * Return what makes two requests copies.
	 * @param key what is written, {@code null} for nothing
	 * @param sender which sender sends to the route, {@code null} for any other
	 * @param settings what the route says
	 * @param property the name of the property
	 * @return tells the key of a message
	 * @throws InvalidSettingException if there is no such key
	 */
	MessageKeyResolver keys(@Nullable String key, @Nullable WebhookSenderKind sender, RouteSettings settings,
			String property) {
		if (key == null) {
			throw new InvalidSettingException(property, null,
					"is required: wechat, header:NAME, json:/pointer, xml:/path, body or bean:NAME");
		}
		if (key.equals("wechat")) {
			if (sender != WebhookSenderKind.WECHAT) {
				throw new InvalidSettingException(property, key, "needs " + settings.property()
						+ ".webhook to name a source with sender wechat: without it anybody could claim any message");
			}
			return MessageKeys.webhook();
		}
		if (key.equals("body")) {
			return MessageKeys.body();
		}
		if (key.matches("header:[!-9;-~]+")) {
			return MessageKeys.header(key.substring("header:".length()));
		}
		if (key.matches("xml:(/[^/\\s]+)+")) {
			return MessageKeys.xml(key.substring("xml:".length()));
		}
		if (key.startsWith("json:/")) {
			return json(key, property);
		}
		if (key.startsWith("bean:")) {
			return bean(key, MessageKeyResolver.class, property);
		}
		throw new InvalidSettingException(property, key,
				"must be wechat, header:NAME, json:/pointer, xml:/path, body or bean:NAME");
	}

	/**
	 * Return who is told apart by whose messages are.
	 * @param principal what is written, {@code null} for nothing
	 * @param settings what the route says
	 * @param property the name of the property
	 * @return tells who calls, {@code null} where Spring Security does
	 * @throws InvalidSettingException if there is no such resolver
	 */
	@Nullable ClientKeyResolver principal(@Nullable String principal, RouteSettings settings, String property) {
		if (principal == null) {
			return null;
		}
		if (settings.own().webhook() != null) {
			throw new InvalidSettingException(property, principal,
					"has no effect beside a webhook, because the signature proves who sends: leave it out");
		}
		if (principal.matches("header:[!-9;-~]+")) {
			String header = principal.substring("header:".length());
			return (exchange) -> {
				List<String> values = HeaderValues.of(exchange.getRequest().getHeaders(), header);
				return values.isEmpty() ? Mono.empty() : Mono.just(String.join("\n", values));
			};
		}
		if (principal.startsWith("bean:")) {
			return bean(principal, ClientKeyResolver.class, property);
		}
		throw new InvalidSettingException(property, principal, "must be header:NAME or bean:NAME");
	}

	private static MessageKeyResolver json(String key, String property) {
		try {
			return MessageKeys.json(key.substring("json:".length()));
		}
		catch (IllegalArgumentException ex) {
			throw new InvalidSettingException(property, key, "is not a JSON pointer (RFC 6901), such as /order/id");
		}
	}

	private <T> T bean(String value, Class<T> type, String property) {
		String bean = value.substring("bean:".length());
		try {
			return this.beans.getBean(bean, type);
		}
		catch (NoSuchBeanDefinitionException | BeanNotOfRequiredTypeException ex) {
			throw new InvalidSettingException(property, value,
					"names no bean: there is no " + type.getSimpleName() + " called '" + bean + "'");
		}
	}

}
