package io.serverhardening.autoconfigure.settings;

import java.util.List;
import java.util.Map;

import io.serverhardening.CountLimit;
import io.serverhardening.DataLimit;
import io.serverhardening.Mode;
import io.serverhardening.Percentage;
import io.serverhardening.Timeout;
import io.serverhardening.client.CidrBlock;
import io.serverhardening.errors.ErrorFormat;
import io.serverhardening.errors.ErrorScope;
import org.jspecify.annotations.Nullable;

import org.springframework.aop.framework.AopInfrastructureBean;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.NestedConfigurationProperty;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * {@code server.hardening.*}, read from top to bottom as the life of a request.
 *
 * @param enabled Whether the server is hardened. When false the starter adds nothing to
 * the application.
 * @param mode Whether guards refuse what they would refuse, or only count and log it.
 * Applies to connection caps, body clocks, pace and size, to responses, rate limits,
 * concurrency and circuit breakers; never to the header and idle clocks. A group may set
 * its own mode.
 * @param client whom to believe about the address of a client
 * @param connection what a connection may cost before, between and after requests
 * @param request how a request may arrive
 * @param response the deadline on producing a response, and the pace at which it is taken
 * @param rateLimit how many requests a client may send
 * @param concurrency how many requests may be in flight
 * @param circuitBreaker when a handler that fails is called no more
 * @param errors how refusals and errors are answered
 * @param webhook Sources of webhooks by id (lowercase letters and digits): who may push,
 * and how it is proved. A route names its source.
 * @param routes Routes by id (lowercase letters and digits). The most specific path wins;
 * a request whose method the route does not name falls to the next match. What a route
 * leaves out it inherits from the top, leaf by leaf.
 */
@ConfigurationProperties(prefix = HardeningProperties.PREFIX, ignoreUnknownFields = false)
public record HardeningProperties(@DefaultValue("true") boolean enabled, @DefaultValue("enforce") Mode mode,
		@DefaultValue Client client, @NestedConfigurationProperty @DefaultValue ConnectionProperties connection,
		@DefaultValue Request request, @DefaultValue Response response, @DefaultValue RateLimit rateLimit,
		@DefaultValue Concurrency concurrency, @DefaultValue CircuitBreaker circuitBreaker, @DefaultValue Errors errors,
		@DefaultValue Map<String, WebhookProperties> webhook,
		@DefaultValue Map<String, RouteProperties> routes) implements AopInfrastructureBean {

	/**
	 * The prefix of every property.
	 */
	public static final String PREFIX = "server.hardening";

	/**
	 * Whom to believe about the address of a client.
	 *
	 * @param trustedProxies Addresses or ranges (CIDR) of the proxies whose Forwarded or
	 * X-Forwarded-For header is believed, read from right to left. Empty by default:
	 * whoever connects is the client.
	 * @param ipv6Prefix How many bits of an IPv6 address make a client, 1 to 128. The
	 * default is one subnet, within which a host picks any address it likes (RFC 4291,
	 * 2.5.1).
	 */
	public record Client(@DefaultValue List<CidrBlock> trustedProxies, @DefaultValue("64") int ipv6Prefix) {

	}

	/**
	 * How a request may arrive.
	 *
	 * @param headerTimeout Accept, or TLS established, or a later request's first byte →
	 * end of headers; on expiry 408, or a plain close if nothing was sent. The default is
	 * what Go servers are advised to set (ReadHeaderTimeout); nginx has 60 s, Kestrel 30
	 * s.
	 * @param bodyTimeout End of headers → end of body, counted only while the server
	 * wants to read; on expiry 408. None by default: min-rate ends what is slow, and an
	 * upload has no natural length.
	 * @param minRate Bytes of a body per second, counted only while the server wants to
	 * read; on expiry of the grace below it 408. The default matches Kestrel
	 * (MinRequestBodyDataRate).
	 * @param rateGrace How long a body may be below min-rate, more than 250 ms. A body
	 * that was faster may rest for longer, up to 30 s. The default matches Kestrel.
	 * @param maxBodySize How large a body may be, whether announced by Content-Length or
	 * chunked; beyond it 413, without 100 (Continue) where the client asked first. The
	 * default is what wx.uploadFile sends at most; nginx has 1MB, Kestrel 30MB.
	 * @param strict Whether requests are refused that RFC 9112 and RFC 9113 have a server
	 * refuse and Netty lets pass: without a host or with two, with another host in the
	 * target, with a target that is none; 400 and the end of the connection, on HTTP/2 a
	 * stream reset. What makes two servers disagree about where a message ends is refused
	 * in any case. The default is what the RFCs say.
	 * @param mode Whether bodies that are too slow or too large are refused or only
	 * counted and logged. Defaults to server.hardening.mode.
	 */
	public record Request(@DefaultValue("10s") Timeout headerTimeout, @DefaultValue("none") Timeout bodyTimeout,
			@DefaultValue("240B") DataLimit minRate, @DefaultValue("5s") Timeout rateGrace,
			@DefaultValue("10MB") DataLimit maxBodySize, @DefaultValue("true") boolean strict, @Nullable Mode mode) {

	}

	/**
	 * The deadline on producing a response, and the pace at which it is taken.
	 *
	 * @param timeout End of headers → first response byte, without the time spent waiting
	 * for body bytes the server asked for; on expiry the handler is cancelled and the
	 * request answered with the timeout status. Once the response has begun, the longest
	 * the handler may be silent while the socket is writable; on expiry the response is
	 * reset. The default is half of what wx.request, nginx (proxy_read_timeout) and AWS
	 * balancers wait, 60 s, so that the answer still finds someone.
	 * @param totalTimeout End of headers → response complete; on expiry the request is
	 * answered with the timeout status, or the response reset once it has begun. None by
	 * default: downloads and event streams have no natural length.
	 * @param timeoutStatus The status of a request that ran out of time, 503 or 504. The
	 * default matches Go's http.TimeoutHandler.
	 * @param writeTimeout Something to write → the client takes some of it; on expiry the
	 * response is reset. The default is half of nginx' send_timeout.
	 * @param minRate Bytes of a response per second that the client has to take while
	 * there is something to take; on expiry of the grace below it the response is reset.
	 * The default matches Kestrel (MinResponseDataRate).
	 * @param rateGrace How long a client may be below min-rate, more than 250 ms. One
	 * that was faster may rest for longer, up to 30 s. The default matches Kestrel.
	 * @param mode Whether requests that run out of time are refused or only counted and
	 * logged. Defaults to server.hardening.mode.
	 */
	public record Response(@DefaultValue("30s") Timeout timeout, @DefaultValue("none") Timeout totalTimeout,
			@DefaultValue("503") TimeoutStatus timeoutStatus, @DefaultValue("30s") Timeout writeTimeout,
			@DefaultValue("240B") DataLimit minRate, @DefaultValue("5s") Timeout rateGrace, @Nullable Mode mode) {

	}

	/**
	 * How many requests a client may send.
	 *
	 * @param enabled Whether requests are counted at all.
	 * @param permits How many requests a client may send in each period; unused ones are
	 * not carried over. Beyond it 429 with Retry-After. The default is Resilience4j's
	 * (limitForPeriod); its period is 500 ns.
	 * @param period How long a period is. It begins with a client's first request.
	 * @param key By what requests are counted: client-address, principal, header:NAME,
	 * bean:NAME (a ClientKeyResolver), or global, one for all. A request without the
	 * header or the principal is counted by its client's address.
	 * @param maxKeys How many clients may have a limit of their own, in each tier; beyond
	 * it newcomers share one. A client whose period is over makes room. Costs about 150
	 * bytes each, and cannot be none.
	 * @param tiers Limits by tier (lowercase letters and digits), which a TierResolver
	 * bean tells apart; without Spring Security there must be one. What a tier leaves out
	 * is as outside the tiers.
	 * @param showKeys Whether Actuator shows the keys that are refused most as they are,
	 * rather than their hashes. They may be secrets, such as API keys.
	 * @param mode Whether requests beyond the limit are refused or only counted and
	 * logged. Defaults to server.hardening.mode.
	 */
	public record RateLimit(@DefaultValue("false") boolean enabled, @DefaultValue("50") CountLimit permits,
			@DefaultValue("1s") Timeout period, @DefaultValue("client-address") String key,
			@DefaultValue("10000") int maxKeys, @DefaultValue Map<String, TierProperties> tiers,
			@DefaultValue("false") boolean showKeys, @Nullable Mode mode) {

	}

	/**
	 * How many requests may be in flight.
	 *
	 * @param enabled Whether requests in flight are limited at all.
	 * @param maxRequests How many requests may be in flight at once; the next is refused
	 * with 503, nothing waits. A response that streams counts until it is complete, a
	 * WebSocket session until its handshake is. The default matches Tomcat's threads
	 * (server.tomcat.threads.max).
	 * @param reserve The part of them, rounded down, that is kept for critical routes,
	 * half of it for those of high priority too. Normal and low share the rest, and low
	 * leaves another half of the reserve to normal. At most 50%.
	 * @param mode Whether requests beyond the limit are refused or only counted and
	 * logged. Defaults to server.hardening.mode.
	 */
	public record Concurrency(@DefaultValue("false") boolean enabled, @DefaultValue("200") CountLimit maxRequests,
			@DefaultValue("10%") Percentage reserve, @Nullable Mode mode) {

	}

	/**
	 * When a handler that fails is called no more.
	 *
	 * @param enabled Whether there is a breaker at all.
	 * @param failureRate The percentage of calls, 1 to 100, that have to fail for the
	 * breaker to open: with a 5xx, or at their deadline. The default is Resilience4j's.
	 * @param slowCallRate The percentage of calls, 1 to 100, that have to be slow for the
	 * breaker to open. The default is Resilience4j's.
	 * @param slowCallAfter From when on a call is slow, from the match of its route to
	 * the response's first byte, without the time spent waiting for the client; none for
	 * never. 80 % of response.timeout by default.
	 * @param window How many of the last calls count. The default is Resilience4j's.
	 * @param minCalls How many calls there have to be before the breaker may open. As
	 * many, at most 10, try again when the open period is over.
	 * @param openPeriod How long the handler is not called once the breaker has opened;
	 * meanwhile 503 with Retry-After, or the fallback.
	 * @param fallback what is answered while the breaker is open
	 * @param mode Whether calls are refused while the breaker is open or only counted and
	 * logged. Defaults to server.hardening.mode.
	 */
	public record CircuitBreaker(@DefaultValue("false") boolean enabled, @DefaultValue("50") int failureRate,
			@DefaultValue("100") int slowCallRate, @Nullable Timeout slowCallAfter, @DefaultValue("100") int window,
			@DefaultValue("20") int minCalls, @DefaultValue("5s") Timeout openPeriod,
			@NestedConfigurationProperty @DefaultValue RouteProperties.Fallback fallback, @Nullable Mode mode) {

	}

	/**
	 * How refusals and errors are answered.
	 *
	 * @param format The body of a refusal: problem details (RFC 9457), or an envelope of
	 * code, message, data and traceId.
	 * @param scope Whether only refusals have this format, or the application's own
	 * errors too.
	 */
	public record Errors(@DefaultValue("problem") ErrorFormat format, @DefaultValue("refusals") ErrorScope scope) {

	}

}
