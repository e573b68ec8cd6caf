package io.serverhardening.autoconfigure;

import java.util.List;

import io.serverhardening.DataLimit;
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
 * @param request how the body of a request of this route may arrive
 * @param response the deadline on producing a response of this route, and the pace at
 * which it is taken
 */
@ConfigurationProperties(prefix = HardeningProperties.PREFIX + ".routes.id")
public record RouteProperties(@Nullable String path, @DefaultValue List<RouteMethod> methods,
		@DefaultValue Request request, @DefaultValue Response response) {

	/** A route that says nothing: all is inherited. */
	static final RouteProperties NOTHING = new RouteProperties(null, List.of(),
			new Request(null, null, null, null, null), new Response(null, null, null, null, null, null, null));

	/**
	 * How the body of a request of this route may arrive. The head is read before the
	 * route is known.
	 *
	 * @param bodyTimeout End of headers → end of body, counted only while the server
	 * wants to read. Inherited when left out.
	 * @param minRate Bytes of a body per second. Inherited when left out.
	 * @param rateGrace How long a body may be below min-rate. Inherited when left out.
	 * @param maxBodySize How large a body may be. Inherited when left out.
	 * @param mode Whether bodies that are too slow or too large are refused or only
	 * counted and logged. Inherited when left out.
	 */
	public record Request(@Nullable Timeout bodyTimeout, @Nullable DataLimit minRate, @Nullable Timeout rateGrace,
			@Nullable DataLimit maxBodySize, @Nullable Mode mode) {

	}

	/**
	 * The deadline on producing a response of this route, and the pace at which it is
	 * taken.
	 *
	 * @param timeout End of headers → first response byte, and once the response has
	 * begun the longest silence. Inherited when left out.
	 * @param totalTimeout End of headers → response complete. Inherited when left out.
	 * @param timeoutStatus The status of a request that ran out of time, 503 or 504.
	 * Inherited when left out.
	 * @param writeTimeout Something to write → the client takes some of it. Inherited
	 * when left out.
	 * @param minRate Bytes of a response per second that the client has to take.
	 * Inherited when left out.
	 * @param rateGrace How long a client may be below min-rate. Inherited when left out.
	 * @param mode Whether requests that run out of time are refused or only counted and
	 * logged. Inherited when left out.
	 */
	public record Response(@Nullable Timeout timeout, @Nullable Timeout totalTimeout,
			@Nullable TimeoutStatus timeoutStatus, @Nullable Timeout writeTimeout, @Nullable DataLimit minRate,
			@Nullable Timeout rateGrace, @Nullable Mode mode) {

	}

}
