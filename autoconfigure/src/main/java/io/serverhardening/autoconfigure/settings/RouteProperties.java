package io.serverhardening.autoconfigure.settings;

import java.util.List;
import java.util.Map;

import io.serverhardening.CountLimit;
import io.serverhardening.DataLimit;
import io.serverhardening.Mode;
import io.serverhardening.Percentage;
import io.serverhardening.Priority;
import io.serverhardening.Timeout;
import org.jspecify.annotations.Nullable;

import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.NestedConfigurationProperty;
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
 * @param priority How much the requests of this route matter when too many are in flight:
 * critical, high, normal or low.
 * @param response the deadline on producing a response of this route, and the pace at
 * which it is taken
 * @param rateLimit how many requests a client may send to this route
 * @param concurrency how many requests of this route may be in flight
 * @param circuitBreaker when the handler of this route is called no more
 * @param webhook The source, of those under server.hardening.webhook, whose pushes this
 * route takes; nothing else passes. None by default.
 * @param deduplication how the messages of this route are answered once; on where any of
 * it is set
 */
@ConfigurationProperties(prefix = HardeningProperties.PREFIX + ".routes.id")
public record RouteProperties(@Nullable String path, @DefaultValue List<RouteMethod> methods,
		@DefaultValue("normal") Priority priority, @DefaultValue Request request, @DefaultValue Response response,
		@DefaultValue RateLimit rateLimit, @DefaultValue Concurrency concurrency,
		@DefaultValue CircuitBreaker circuitBreaker, @Nullable String webhook,
		@NestedConfigurationProperty @Nullable DeduplicationProperties deduplication) {

	/** A route that says nothing: all is inherited. */
	public static final RouteProperties NOTHING = new RouteProperties(null, List.of(), Priority.NORMAL,
			new Request(null, null, null, null, null), new Response(null, null, null, null, null, null, null),
			new RateLimit(null, null, null, null, null, Map.of(), null, null), new Concurrency(null, null, null, null),
			new CircuitBreaker(null, null, null, null, null, null, null, new Fallback(null, null, null, null), null),
			null, null);

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

	/**
	 * How many requests a client may send to this route. A route that sets any of it
	 * counts by itself.
	 *
	 * @param enabled Whether requests are counted at all. Inherited when left out.
	 * @param permits How many requests a client may send in each period. Inherited when
	 * left out.
	 * @param period How long a period is. Inherited when left out.
	 * @param key By what requests are counted. Inherited when left out.
	 * @param maxKeys How many clients may have a limit of their own. Inherited when left
	 * out.
	 * @param tiers Limits by tier. A route that sets permits or period has those tiers
	 * only that it names; any other has those of the top too.
	 * @param showKeys Whether Actuator shows keys as they are. Inherited when left out.
	 * @param mode Whether requests beyond the limit are refused or only counted and
	 * logged. Inherited when left out.
	 */
	public record RateLimit(@Nullable Boolean enabled, @Nullable CountLimit permits, @Nullable Timeout period,
			@Nullable String key, @Nullable Integer maxKeys, @DefaultValue Map<String, TierProperties> tiers,
			@Nullable Boolean showKeys, @Nullable Mode mode) {

		/**
		 * Whether anything is written here.
		 * @return {@code true} if a leaf is
		 */
		public boolean isSet() {
			return this.enabled != null || this.permits != null || this.period != null || this.key != null
					|| this.maxKeys != null || !this.tiers.isEmpty() || this.showKeys != null || this.mode != null;
		}

	}

	/**
	 * How many requests of this route may be in flight. A route that sets any of it has
	 * places of its own.
	 *
	 * @param enabled Whether requests in flight are limited at all. Inherited when left
	 * out.
	 * @param maxRequests How many requests may be in flight at once. Inherited when left
	 * out.
	 * @param reserve The part of them that is kept for routes that matter more. None when
	 * left out: places of its own are all for one priority. Inherited by a route that
	 * sets nothing of concurrency.
	 * @param mode Whether requests beyond the limit are refused or only counted and
	 * logged. Inherited when left out.
	 */
	public record Concurrency(@Nullable Boolean enabled, @Nullable CountLimit maxRequests, @Nullable Percentage reserve,
			@Nullable Mode mode) {

		/**
		 * Whether anything is written here.
		 * @return {@code true} if a leaf is
		 */
		public boolean isSet() {
			return this.enabled != null || this.maxRequests != null || this.reserve != null || this.mode != null;
		}

	}

	/**
	 * When the handler of this route is called no more. A route that sets any of it has a
	 * breaker of its own.
	 *
	 * @param enabled Whether there is a breaker at all. Inherited when left out.
	 * @param failureRate The percentage of calls that have to fail for the breaker to
	 * open. Inherited when left out.
	 * @param slowCallRate The percentage of calls that have to be slow for the breaker to
	 * open. Inherited when left out.
	 * @param slowCallAfter From when on a call is slow. Inherited when left out.
	 * @param window How many of the last calls count. Inherited when left out.
	 * @param minCalls How many calls there have to be before the breaker may open.
	 * Inherited when left out.
	 * @param openPeriod How long the handler is not called once the breaker has opened.
	 * Inherited when left out.
	 * @param fallback what is answered while the breaker is open. Inherited as a whole,
	 * by a route that sets nothing of it
	 * @param mode Whether calls are refused while the breaker is open or only counted and
	 * logged. Inherited when left out.
	 */
	public record CircuitBreaker(@Nullable Boolean enabled, @Nullable Integer failureRate,
			@Nullable Integer slowCallRate, @Nullable Timeout slowCallAfter, @Nullable Integer window,
			@Nullable Integer minCalls, @Nullable Timeout openPeriod, @DefaultValue Fallback fallback,
			@Nullable Mode mode) {

		/**
		 * Whether anything is written here.
		 * @return {@code true} if a leaf is
		 */
		public boolean isSet() {
			return this.enabled != null || this.failureRate != null || this.slowCallRate != null
					|| this.slowCallAfter != null || this.window != null || this.minCalls != null
					|| this.openPeriod != null || this.fallback.isSet() || this.mode != null;
		}

	}

	/**
	 * What is answered while a breaker is open: the refusal itself unless something is
	 * set here.
	 *
	 * @param status The status of the answer. 200 when only a body is given.
	 * @param contentType The media type of the body. application/json when left out.
	 * @param body The body.
	 * @param bean The name of a Fallback bean that answers instead.
	 */
	public record Fallback(@Nullable Integer status, @Nullable String contentType, @Nullable String body,
			@Nullable String bean) {

		/**
		 * Whether anything is written here.
		 * @return {@code true} if a leaf is
		 */
		public boolean isSet() {
			return this.status != null || this.contentType != null || this.body != null || this.bean != null;
		}

	}

}
