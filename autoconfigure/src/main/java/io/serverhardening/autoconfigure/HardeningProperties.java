package io.serverhardening.autoconfigure;

import java.util.List;
import java.util.Map;

import io.serverhardening.Mode;
import io.serverhardening.Timeout;
import io.serverhardening.connection.CidrBlock;
import io.serverhardening.errors.ErrorFormat;
import io.serverhardening.errors.ErrorScope;
import org.jspecify.annotations.Nullable;

import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * {@code server.hardening.*}, read from top to bottom as the life of a request.
 *
 * @param enabled Whether the server is hardened. When false the starter adds nothing to
 * the application.
 * @param mode Whether guards refuse what they would refuse, or only count and log it.
 * Applies to the response deadline; a group may set its own mode.
 * @param client whom to believe about the address of a client
 * @param response the deadline on producing a response
 * @param errors how refusals and errors are answered
 * @param routes Routes by id (lowercase letters and digits). The most specific path wins;
 * a request whose method the route does not name falls to the next match. What a route
 * leaves out it inherits from the top, leaf by leaf.
 */
@ConfigurationProperties(prefix = HardeningProperties.PREFIX, ignoreUnknownFields = false)
public record HardeningProperties(@DefaultValue("true") boolean enabled, @DefaultValue("enforce") Mode mode,
		@DefaultValue Client client, @DefaultValue Response response, @DefaultValue Errors errors,
		@DefaultValue Map<String, RouteProperties> routes) {

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
	 * The deadline on producing a response.
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
	 * @param mode Whether requests that run out of time are refused or only counted and
	 * logged. Defaults to server.hardening.mode.
	 */
	public record Response(@DefaultValue("30s") Timeout timeout, @DefaultValue("none") Timeout totalTimeout,
			@DefaultValue("503") TimeoutStatus timeoutStatus, @Nullable Mode mode) {

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
