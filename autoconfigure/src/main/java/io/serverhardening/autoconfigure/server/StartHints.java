package io.serverhardening.autoconfigure.server;

import java.time.Duration;
import java.util.Locale;
import java.util.Objects;
import java.util.Set;
import java.util.function.Predicate;

import io.serverhardening.Timeout;
import io.serverhardening.autoconfigure.resolution.Resolution;
import io.serverhardening.autoconfigure.resolution.ResolvedRoute;
import io.serverhardening.autoconfigure.settings.HardeningProperties;
import io.serverhardening.autoconfigure.settings.RouteProperties;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;

import org.springframework.aop.framework.AopInfrastructureBean;
import org.springframework.boot.context.properties.source.ConfigurationPropertyName;
import org.springframework.boot.context.properties.source.ConfigurationPropertySource;
import org.springframework.boot.context.properties.source.ConfigurationPropertySources;
import org.springframework.boot.context.properties.source.ConfigurationPropertyState;
import org.springframework.boot.web.server.WebServer;
import org.springframework.context.ApplicationContext;
import org.springframework.util.StringUtils;

/**
 * What an operator should know when the server has started: settings that are right and
 * may not do what was meant.
 */
public final class StartHints implements AopInfrastructureBean {

	private static final Log logger = LogFactory.getLog(StartHints.class);

	/** For which nginx and the balancers of AWS, Azure and Google reuse a connection. */
	private static final Duration PROXY_REUSE = Duration.ofSeconds(60);

	/** For which locking newcomers out is worth ten thousand requests. */
	private static final Duration LONG_PERIOD = Duration.ofMinutes(1);

	/** In Spring Boot 3, and since Spring Boot 4. */
	private static final Set<String> REACTOR_NETTY = Set.of(
			"org.springframework.boot.web.embedded.netty.NettyWebServer",
			"org.springframework.boot.reactor.netty.NettyWebServer");

	private static final Duration NETTY_HANDSHAKE_TIMEOUT = Duration.ofSeconds(10);

	private final Resolution resolution;

	private final HardeningProperties properties;

	private final ConnectionSettings settings;

	private final ApplicationContext context;

	private final NettyAdvisories advisories;

	private final MessageHints messages;

	/**
	 * Create it.
	 * @param resolution the settings
	 * @param settings of connections
	 * @param advisories the faults of the server
	 * @param context of the application
	 */
	public StartHints(Resolution resolution, ConnectionSettings settings, NettyAdvisories advisories,
			ApplicationContext context) {
		this.resolution = resolution;
		this.properties = resolution.written();
		this.settings = settings;
		this.context = context;
		this.advisories = advisories;
		this.messages = new MessageHints(this.properties, context);
	}

	/**
	 * A server listens.
	 * @param of whose server it is
	 * @param server the server
	 */
	public void serverStarted(ApplicationContext of, WebServer server) {
		if (of == this.context) {
			sayWhatIsInForce();
			hintAtServer(server);
			hintAtDebugger();
			hintAtBasePath(this.context.getEnvironment().getProperty("spring.webflux.base-path"));
			hintAtProxies();
			hintAtHandshake();
			hintAtInventedKeys();
			hintAtTop("rate-limit", ResolvedRoute::isRateLimited);
			hintAtTop("concurrency", ResolvedRoute::isConcurrencyLimited);
			hintAtTop("circuit-breaker", ResolvedRoute::hasBreaker);
			this.properties.routes().forEach(this::hintAtGroupsThatAreOff);
			hintAtTotals();
			this.messages.say();
		}
	}

	// The mode is the first thing that somebody looks for who wonders why nothing is
	// refused, or why something is.
	private void sayWhatIsInForce() {
		ResolvedRoute everywhere = this.resolution.everywhere();
		int routes = this.resolution.routes().size();
		logger.info("Server hardening is on, in mode " + this.properties.mode().name().toLowerCase(Locale.ROOT)
				+ ": connection.max-open " + this.settings.policy().maxOpen() + ", request.max-body-size "
				+ everywhere.request().maxBodySize() + ", response.timeout " + everywhere.response().timeout()
				+ ", rate-limit " + state(ResolvedRoute::isRateLimited) + ", concurrency "
				+ state(ResolvedRoute::isConcurrencyLimited) + ", circuit-breaker " + state(ResolvedRoute::hasBreaker)
				+ "; routes with settings of their own: " + routes);
	}

	private String state(Predicate<ResolvedRoute> on) {
		if (on.test(this.resolution.everywhere())) {
			return "on";
		}
		long routes = this.resolution.routes().values().stream().filter(on).count();
		return (routes == 0) ? "off" : "on for " + routes + ((routes == 1) ? " route" : " routes");
	}

	private void hintAtServer(WebServer server) {
		if (!REACTOR_NETTY.contains(server.getClass().getName())) {
			logger.warn("This server is not Reactor Netty: guards work, but there is no channel to watch. "
					+ "server.hardening.connection, and the clocks and the pace of server.hardening.request, are off. "
					+ "server.hardening.request.max-body-size limits only bodies that announce their length. Time "
					+ "spent waiting for a body counts towards server.hardening.response.timeout. Silence within a "
					+ "response does not");
		}
		else if (!this.advisories.names().isEmpty()) {
			logger.warn(this.advisories.warning(this.settings.policy().maxPipelined()));
		}
	}

	private static void hintAtDebugger() {
		if (Debugger.isPresent()) {
			logger.info("The JVM was started for a debugger: timeouts are counted and logged, but end no request. "
					+ "Start the JVM without the debugger's agent to enforce them");
		}
	}

	private void hintAtBasePath(@Nullable String basePath) {
		if (!StringUtils.hasText(basePath)) {
			return;
		}
		this.properties.routes().forEach((id, route) -> {
			if (route.path() != null && route.path().startsWith(basePath + "/")) {
				logger.warn(HardeningProperties.PREFIX + ".routes." + id + ".path (" + route.path()
						+ ") begins with spring.webflux.base-path: write the route's path without the base path, as "
						+ "mappings are written. Now the route matches " + basePath + route.path());
			}
		});
	}

	private void hintAtProxies() {
		Duration idle = this.settings.idleTimeout().duration();
		if (idle != null && idle.compareTo(PROXY_REUSE) < 0 && !this.properties.client().trustedProxies().isEmpty()) {
			logger.warn(HardeningProperties.PREFIX + ".connection.idle-timeout (" + this.settings.idleTimeout()
					+ ") is shorter than the 60 s for which most proxies reuse a connection: now and then a proxy "
					+ "sends a request just as this server closes the connection, and answers 502. Make "
					+ "idle-timeout longer than the time for which the proxy reuses a connection");
		}
	}

	private void hintAtInventedKeys() {
		hintAtInventedKeys(HardeningProperties.PREFIX + ".rate-limit", this.resolution.everywhere().rateLimit());
		this.properties.routes().forEach((id, route) -> {
			RouteProperties.RateLimit own = route.rateLimit();
			if (own.key() != null || own.period() != null || own.enabled() != null) {
				hintAtInventedKeys(HardeningProperties.PREFIX + ".routes." + id + ".rate-limit",
						Objects.requireNonNull(this.resolution.routes().get(id)).rateLimit());
			}
		});
	}

	private static void hintAtInventedKeys(String property, HardeningProperties.RateLimit inForce) {
		Duration period = inForce.period().duration();
		if (inForce.enabled() && inForce.key().startsWith("header:") && period != null
				&& period.compareTo(LONG_PERIOD) >= 0) {
			logger.warn(property + ".key (" + inForce.key() + ") is chosen by the client, and each key is remembered "
					+ "for a period of " + inForce.period() + ". A client that invents as many keys as "
					+ HardeningProperties.PREFIX + ".rate-limit.max-keys allows leaves all new clients one limit "
					+ "together until the period is over. Use a shorter period, or a key that has been verified");
		}
	}

	// What is set at the top goes for routes that switch the group on. Where nobody ever
	// said whether it is on, somebody believes that it is.
	private void hintAtTop(String group, Predicate<ResolvedRoute> on) {
		ConfigurationPropertyName name = ConfigurationPropertyName.of(HardeningProperties.PREFIX + "." + group);
		boolean written = false;
		boolean decided = !state(on).equals("off");
		for (ConfigurationPropertySource source : ConfigurationPropertySources.get(this.context.getEnvironment())) {
			written |= source.containsDescendantOf(name) == ConfigurationPropertyState.PRESENT;
			decided |= source.getConfigurationProperty(name.append("enabled")) != null;
		}
		if (written && !decided) {
			logger.warn(name + " has no effect: it is off. Set " + name + ".enabled to true");
		}
	}

	private void hintAtTotals() {
		HardeningProperties.Response top = this.properties.response();
		hintAtTotal(HardeningProperties.PREFIX, top.timeout(), top.totalTimeout());
		this.properties.routes().forEach((id, route) -> {
			if (route.response().timeout() != null || route.response().totalTimeout() != null) {
				HardeningProperties.Response inForce = Objects.requireNonNull(this.resolution.routes().get(id))
					.response();
				hintAtTotal(HardeningProperties.PREFIX + ".routes." + id, inForce.timeout(), inForce.totalTimeout());
			}
		});
	}

	private static void hintAtTotal(String prefix, Timeout timeout, Timeout total) {
		Duration answer = timeout.duration();
		Duration all = total.duration();
		if (answer != null && all != null && all.compareTo(answer) < 0) {
			logger.warn(prefix + ".response.total-timeout (" + total + ") is shorter than the response.timeout ("
					+ timeout + ") beside it, so that response.timeout never ends a request. Make total-timeout longer "
					+ "than response.timeout");
		}
	}

	private void hintAtGroupsThatAreOff(String id, RouteProperties route) {
		hintAtGroup(id, "rate-limit", route.rateLimit().isSet(), route.rateLimit().enabled(),
				this.properties.rateLimit().enabled());
		hintAtGroup(id, "concurrency", route.concurrency().isSet(), route.concurrency().enabled(),
				this.properties.concurrency().enabled());
		hintAtGroup(id, "circuit-breaker", route.circuitBreaker().isSet(), route.circuitBreaker().enabled(),
				this.properties.circuitBreaker().enabled());
	}

	private static void hintAtGroup(String id, String group, boolean set, @Nullable Boolean own, boolean top) {
		if (set && own == null && !top) {
			String property = HardeningProperties.PREFIX + ".routes." + id + "." + group;
			logger.warn(property + " has no effect: " + group + " is off. Set " + property + ".enabled to true, or "
					+ HardeningProperties.PREFIX + "." + group + ".enabled for all routes");
		}
	}

	private void hintAtHandshake() {
		Duration handshake = this.properties.connection().handshakeTimeout().duration();
		if (handshake == null || handshake.compareTo(NETTY_HANDSHAKE_TIMEOUT) > 0) {
			logger.warn(HardeningProperties.PREFIX + ".connection.handshake-timeout ("
					+ this.properties.connection().handshakeTimeout()
					+ ") has no effect beyond 10 s, because Netty itself ends a handshake after 10 s. Set 10s or less");
		}
	}

}
