package io.serverhardening.autoconfigure.settings;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;

import io.serverhardening.CountLimit;
import io.serverhardening.DataLimit;
import io.serverhardening.Percentage;
import io.serverhardening.Timeout;
import io.serverhardening.client.CidrBlock;
import org.jspecify.annotations.Nullable;

import org.springframework.aop.framework.AopInfrastructureBean;
import org.springframework.boot.context.properties.ConfigurationPropertiesBinding;
import org.springframework.core.convert.TypeDescriptor;
import org.springframework.core.convert.converter.GenericConverter;

/**
 * Reads our value types where YAML saw a number: {@code timeout-status: 504} has to work,
 * and {@code timeout: 5} has to fail with the reason rather than for want of a converter.
 */
@ConfigurationPropertiesBinding
public final class NumberToValueConverter implements GenericConverter, AopInfrastructureBean {

	private static final Map<Class<?>, Function<String, Object>> READERS = new LinkedHashMap<>();

	static {
		READERS.put(Timeout.class, Timeout::of);
		READERS.put(CountLimit.class, CountLimit::of);
		READERS.put(Percentage.class, Percentage::of);
		READERS.put(DataLimit.class, DataLimit::of);
		READERS.put(TimeoutStatus.class, TimeoutStatus::of);
		READERS.put(CidrBlock.class, CidrBlock::of);
	}

	@Override
	public Set<ConvertiblePair> getConvertibleTypes() {
		return READERS.keySet()
			.stream()
			.map((type) -> new ConvertiblePair(Number.class, type))
			.collect(Collectors.toSet());
	}

	@Override
	public @Nullable Object convert(@Nullable Object source, TypeDescriptor sourceType, TypeDescriptor targetType) {
		Function<String, Object> reader = READERS.get(targetType.getType());
		return (source != null && reader != null) ? reader.apply(source.toString()) : null;
	}

}
