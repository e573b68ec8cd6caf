package io.serverhardening.autoconfigure;

import java.util.List;

import io.serverhardening.Mode;
import io.serverhardening.Timeout;
import org.jspecify.annotations.Nullable;

import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * One route, {@code server.hardening.routes.<id>.*}. Every leaf of a group may be left
 * out and is then inherited, which is why these records are not the ones of the top
 * level: their leaves have no defaults.
 * <p>
 * Never bound by itself. The annotation is for the metadata, which knows no properties
 * below a map: it documents the leaves under the id {@code id}.
 *
 * @param path The path pattern, as the application's own mappings would write it, without
 * the base path. Required.
 * @param methods The methods the route takes; GET takes HEAD too. All methods when left
 * out.
 * @param response the deadline on producing a response of this route
 */
@ConfigurationProperties(prefix = HardeningProperties.PREFIX + ".routes.id")
public record RouteProperties(@Nullable String path, @DefaultValue List<RouteMethod> methods,
		@DefaultValue Response response) {

	/**
	 * The deadline on producing a response of this route.
	 *
	 * @param timeout End of headers → first response byte, and once the response has
	 * begun the longest silence. Inherited when left out.
	 * @param totalTimeout End of headers → response complete. Inherited when left out.
	 * @param timeoutStatus The status of a request that ran out of time, 503 or 504.
	 * Inherited when left out.
	 * @param mode Whether requests that run out of time are refused or only counted and
	 * logged. Inherited when left out.
	 */
	public record Response(@Nullable Timeout timeout, @Nullable Timeout totalTimeout,
			@Nullable TimeoutStatus timeoutStatus, @Nullable Mode mode) {

	}

}
