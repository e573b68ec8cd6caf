package io.serverhardening.autoconfigure;

import java.lang.reflect.Method;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.RecordComponent;
import java.lang.reflect.Type;
import java.util.HashSet;
import java.util.Set;

import io.serverhardening.actuate.EffectiveSettings;
import io.serverhardening.autoconfigure.settings.HardeningProperties;
import org.jspecify.annotations.Nullable;

import org.springframework.aot.hint.BindingReflectionHintsRegistrar;
import org.springframework.aot.hint.ExecutableMode;
import org.springframework.aot.hint.RuntimeHints;
import org.springframework.aot.hint.RuntimeHintsRegistrar;
import org.springframework.util.ReflectionUtils;
import org.springframework.web.reactive.handler.AbstractHandlerMapping;

/**
 * What a native image has to keep: the readers of our value types, the records whose
 * components are listed, what Actuator writes as JSON, and the scripts.
 */
final class HardeningRuntimeHints implements RuntimeHintsRegistrar {

	private static final String READER = "of";

	private final BindingReflectionHintsRegistrar json = new BindingReflectionHintsRegistrar();

	@Override
	public void registerHints(RuntimeHints hints, @Nullable ClassLoader classLoader) {
		registerSettings(hints, HardeningProperties.class, new HashSet<>());
		this.json.registerReflectionHints(hints.reflection(), EffectiveSettings.class);
		registerCors(hints);
		hints.resources().registerPattern("io/serverhardening/deduplication/redis/*.lua");
	}

	private static void registerCors(RuntimeHints hints) {
		Method configured = ReflectionUtils.findMethod(AbstractHandlerMapping.class, "hasCorsConfigurationSource",
				Object.class);
		if (configured != null) {
			hints.reflection().registerMethod(configured, ExecutableMode.INVOKE);
		}
	}

	private void registerSettings(RuntimeHints hints, Type type, Set<Type> seen) {
		if (type instanceof ParameterizedType generic) {
			for (Type argument : generic.getActualTypeArguments()) {
				registerSettings(hints, argument, seen);
			}
		}
		else if (type instanceof Class<?> settings && settings.getPackageName().startsWith("io.serverhardening")
				&& seen.add(settings)) {
			registerReader(hints, settings);
			if (settings.isRecord()) {
				for (RecordComponent component : settings.getRecordComponents()) {
					hints.reflection().registerMethod(component.getAccessor(), ExecutableMode.INVOKE);
					registerSettings(hints, component.getGenericType(), seen);
				}
			}
		}
	}

	private static void registerReader(RuntimeHints hints, Class<?> value) {
		try {
			Method reader = value.getDeclaredMethod(READER, String.class);
			hints.reflection().registerMethod(reader, ExecutableMode.INVOKE);
		}
		catch (NoSuchMethodException ex) {
			// A group, or a constant: bound without one.
		}
	}

}
