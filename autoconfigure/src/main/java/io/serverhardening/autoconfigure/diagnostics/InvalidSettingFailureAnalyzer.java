package io.serverhardening.autoconfigure.diagnostics;

import java.util.Arrays;
import java.util.Locale;
import java.util.stream.Collectors;

import io.serverhardening.autoconfigure.settings.HardeningProperties;
import io.serverhardening.autoconfigure.settings.RouteMethod;
import org.jspecify.annotations.Nullable;

import org.springframework.boot.context.properties.bind.BindException;
import org.springframework.boot.context.properties.source.ConfigurationProperty;
import org.springframework.boot.context.properties.source.ConfigurationPropertyName;
import org.springframework.boot.diagnostics.FailureAnalysis;
import org.springframework.boot.diagnostics.FailureAnalyzer;
import org.springframework.core.annotation.Order;
import org.springframework.core.convert.ConversionException;
import org.springframework.core.convert.ConversionFailedException;
import org.springframework.core.env.Environment;

/**
 * Explains a wrong setting: property, value, where it was written, what is expected.
 */
@Order(0)
final class InvalidSettingFailureAnalyzer implements FailureAnalyzer {

	private static final ConfigurationPropertyName PREFIX = ConfigurationPropertyName.of(HardeningProperties.PREFIX);

	private final SettingOrigins origins;

	InvalidSettingFailureAnalyzer(Environment environment) {
		this.origins = new SettingOrigins(environment);
	}

	@Override
	public @Nullable FailureAnalysis analyze(Throwable failure) {
		for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
			if (cause instanceof InvalidSettingException setting) {
				return analyze(setting, failure);
			}
			if (cause instanceof BindException bind && isOurs(bind)) {
				return analyze(translate(bind), failure);
			}
		}
		return null;
	}

	private static boolean isOurs(BindException bind) {
		return PREFIX.equals(bind.getName()) || PREFIX.isAncestorOf(bind.getName());
	}

	private static InvalidSettingException translate(BindException bind) {
		ConfigurationProperty property = bind.getProperty();
		String name = ((property != null) ? property.getName() : bind.getName()).toString();
		Object value = (property != null) ? property.getValue() : null;
		return new InvalidSettingException(name, value, expectation(bind));
	}

	private static String expectation(BindException bind) {
		for (Throwable cause = bind.getCause(); cause != null; cause = cause.getCause()) {
			if (cause instanceof ConversionFailedException conversion) {
				Class<?> target = conversion.getTargetType().getType();
				if (target.isEnum()) {
					return "must be one of " + values(target);
				}
			}
			else if (cause instanceof NumberFormatException) {
				return "must be a whole number";
			}
			else if (!(cause instanceof BindException || cause instanceof ConversionException)
					&& cause.getMessage() != null) {
				return cause.getMessage();
			}
		}
		return "could not be read";
	}

	private static String values(Class<?> type) {
		return Arrays.stream(type.getEnumConstants())
			.map((constant) -> (constant instanceof RouteMethod) ? constant.toString()
					: constant.toString().toLowerCase(Locale.ROOT).replace('_', '-'))
			.collect(Collectors.joining(", "));
	}

	private FailureAnalysis analyze(InvalidSettingException setting, Throwable failure) {
		String origin = (setting.origin() != null) ? setting.origin() : originOf(setting);
		StringBuilder description = new StringBuilder(setting.property()).append(' ')
			.append(setting.expectation())
			.append(".\n\n    Property: ")
			.append(setting.property());
		if (setting.value() != null) {
			description.append("\n    Value:    ").append(setting.value());
		}
		if (origin != null) {
			description.append("\n    Origin:   ").append(origin);
		}
		String where = (origin != null) ? " in " + origin : "";
		return new FailureAnalysis(description.toString(),
				"Change " + setting.property() + where + ". The guide to every key is docs/reference/configuration.md.",
				failure);
	}

	private @Nullable String originOf(InvalidSettingException setting) {
		return ConfigurationPropertyName.isValid(setting.property()) ? this.origins.find(setting.property()) : null;
	}

}
