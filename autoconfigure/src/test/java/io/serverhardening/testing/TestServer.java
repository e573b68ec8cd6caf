package io.serverhardening.testing;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.search.Search;
import io.serverhardening.Ending;
import io.serverhardening.Guard;
import io.serverhardening.concurrency.ConcurrencyGuard;
import io.serverhardening.connection.registry.Connections;
import io.serverhardening.connection.timeline.ConnectionState;
import io.serverhardening.internal.channel.CloseReason;
import io.serverhardening.internal.time.LoopClock;
import io.serverhardening.internal.time.LoopClocks;
import io.serverhardening.route.RouteActivity;
import io.serverhardening.route.RoutePolicy.Binding;
import io.serverhardening.route.Routes;
import org.awaitility.Awaitility;

import org.springframework.boot.WebApplicationType;
import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.context.ConfigurableApplicationContext;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * An application with the starter on a real socket.
 */
public final class TestServer implements AutoCloseable {

	private static final List<String> SECURITY = List.of(
			"org.springframework.boot.autoconfigure.security.reactive.ReactiveSecurityAutoConfiguration",
			"org.springframework.boot.autoconfigure.security.reactive.ReactiveUserDetailsServiceAutoConfiguration",
			"org.springframework.boot.actuate.autoconfigure.security.reactive."
					+ "ReactiveManagementWebSecurityAutoConfiguration",
			"org.springframework.boot.security.autoconfigure.web.reactive.ReactiveWebSecurityAutoConfiguration",
			"org.springframework.boot.security.autoconfigure.ReactiveUserDetailsServiceAutoConfiguration",
			"org.springframework.boot.security.autoconfigure.actuate.web.reactive."
					+ "ReactiveManagementWebSecurityAutoConfiguration");

	private static final List<String> REDIS = List.of(
			"org.springframework.boot.autoconfigure.data.redis.RedisAutoConfiguration",
			"org.springframework.boot.autoconfigure.data.redis.RedisReactiveAutoConfiguration",
			"org.springframework.boot.data.redis.autoconfigure.DataRedisAutoConfiguration",
			"org.springframework.boot.data.redis.autoconfigure.DataRedisReactiveAutoConfiguration");

	/** Spring Boot 4 has it beside that of Reactor Netty, with the same names. */
	private static final String TOMCAT = "org.springframework.boot.tomcat.autoconfigure.actuate.web.server."
			+ "TomcatReactiveManagementContextAutoConfiguration";

	/** For a machine that is busy elsewhere: shorter than the default deadline. */
	private static final Duration PATIENCE = Duration.ofSeconds(20);

	static {
		// What is awaited comes within a moment, and some of it is awaited often.
		Awaitility.setDefaultPollInterval(Duration.ofMillis(10));
	}

	private final ConfigurableApplicationContext context;

	private TestServer(ConfigurableApplicationContext context) {
		this.context = context;
	}

	/**
	 * Start an application.
	 * @param properties its properties, {@code name=value}
	 * @return the running server
	 */
	public static TestServer start(String... properties) {
		return start(List.of(), properties);
	}

	/**
	 * Start an application with more configuration.
	 * @param sources configuration classes besides {@link TestApplication}
	 * @param properties its properties, {@code name=value}
	 * @return the running server
	 */
	public static TestServer start(List<Class<?>> sources, String... properties) {
		return start(sources, Stream.concat(SECURITY.stream(), REDIS.stream()), properties);
	}

	/**
	 * Start an application that uses Redis.
	 * @param redis the Redis
	 * @param sources configuration classes besides {@link TestApplication}
	 * @param properties its properties, {@code name=value}
	 * @return the running server
	 */
	public static TestServer start(TestRedis redis, List<Class<?>> sources, String... properties) {
		List<String> all = new ArrayList<>(List.of(redis.properties()));
		all.addAll(List.of(properties));
		return start(sources, SECURITY.stream(), all.toArray(String[]::new));
	}

	private static TestServer start(List<Class<?>> sources, Stream<String> excluded, String... properties) {
		List<Class<?>> all = new ArrayList<>(sources);
		all.add(0, TestApplication.class);
		return new TestServer(
				new SpringApplicationBuilder(all.toArray(Class<?>[]::new)).web(WebApplicationType.REACTIVE)
					.properties("server.port=0", "server.shutdown=immediate", "spring.main.banner-mode=off",
							"spring.autoconfigure.exclude="
									+ Stream.concat(Stream.of(TOMCAT), excluded).collect(Collectors.joining(",")))
					.properties(properties)
					.run());
	}

	/**
	 * Return the port.
	 * @return the port of the application
	 */
	public int port() {
		return Integer.parseInt(property("local.server.port"));
	}

	/**
	 * Return an environment value.
	 * @param key a property name
	 * @return the value
	 */
	public String property(String key) {
		return this.context.getEnvironment().getRequiredProperty(key);
	}

	/**
	 * Return a bean.
	 * @param <T> its type
	 * @param type its type
	 * @return the bean
	 */
	public <T> T bean(Class<T> type) {
		return this.context.getBean(type);
	}

	/**
	 * Connect with a hand-written client.
	 * @return the connection
	 */
	public RawClient connect() {
		return new RawClient(port());
	}

	/**
	 * Connect with a client that takes little at a time.
	 * @param receiveBuffer the size of its receive buffer
	 * @return the connection
	 */
	public RawClient connect(int receiveBuffer) {
		return new RawClient(port(), receiveBuffer);
	}

	/**
	 * Start an application behind TLS.
	 * @param properties its properties, {@code name=value}
	 * @return the running server
	 */
	public static TestServer startWithTls(String... properties) {
		return startWithTls(List.of(), properties);
	}

	/**
	 * Start an application with more configuration behind TLS.
	 * @param sources configuration classes besides {@link TestApplication}
	 * @param properties its properties, {@code name=value}
	 * @return the running server
	 */
	public static TestServer startWithTls(List<Class<?>> sources, String... properties) {
		List<String> all = new ArrayList<>(List.of(Certificates.properties()));
		all.addAll(List.of(properties));
		return start(sources, all.toArray(String[]::new));
	}

	/**
	 * Connect with TLS.
	 * @param protocol the protocol to ask for, {@code http/1.1} or {@code h2}
	 * @return the connection
	 */
	public RawClient connectWithTls(String protocol) {
		return new RawClient(port(), protocol);
	}

	/**
	 * Connect with an old version of TLS.
	 * @param version the version, {@code TLSv1.2}
	 * @return the connection
	 */
	public RawClient connectWithTlsOf(String version) {
		return new RawClient(port(), "http/1.1", version);
	}

	/**
	 * Return a guard.
	 * @param <G> its type
	 * @param type its type
	 * @return the first of that type, on whichever route
	 */
	public <G extends Guard> G guard(Class<G> type) {
		return bean(Routes.class).policies()
			.stream()
			.flatMap((policy) -> policy.guards().stream())
			.map(Binding::guard)
			.filter(type::isInstance)
			.map(type::cast)
			.findFirst()
			.orElseThrow();
	}

	/**
	 * Return how much is ticked by the clocks of the event loops.
	 * @return the number, of a moment ago
	 */
	public int ticked() {
		return bean(LoopClocks.class).all().stream().mapToInt(LoopClock::registered).sum();
	}

	/**
	 * Return how many places of {@code server.hardening.concurrency} are taken.
	 * @return the number, over all routes
	 */
	public int placesTaken() {
		return bean(Routes.class).policies()
			.stream()
			.flatMap((policy) -> policy.guards().stream())
			.filter((binding) -> binding.guard() instanceof ConcurrencyGuard)
			.mapToInt((binding) -> ((ConcurrencyGuard) binding.guard()).bulkhead().inFlight())
			.sum();
	}

	/**
	 * Connect to another port.
	 * @param port the port
	 * @return the connection
	 */
	public static RawClient connectTo(int port) {
		return new RawClient(port);
	}

	/**
	 * Return the connections of the server.
	 * @return the connections
	 */
	public Connections connections() {
		return bean(Connections.class);
	}

	/**
	 * Return how late an event loop has been.
	 * @return the most, of all loops
	 */
	public long maxLagMillis() {
		return bean(LoopClocks.class).all()
			.stream()
			.mapToLong((clock) -> Duration.ofNanos(clock.maxLag()).toMillis())
			.max()
			.orElse(0);
	}

	/**
	 * Wait until connections have ended for a reason.
	 * @param reason the reason
	 * @param count how many
	 */
	public void awaitClosed(CloseReason reason, long count) {
		await().atMost(PATIENCE)
			.untilAsserted(
					() -> assertThat(connections().closedCount(reason)).as("closed: " + reason).isEqualTo(count));
	}

	/**
	 * Wait until connections are in a state.
	 * @param state the state
	 * @param count how many
	 */
	public void awaitState(ConnectionState state, long count) {
		await().atMost(PATIENCE)
			.untilAsserted(() -> assertThat(connections().count(state)).as("in state " + state).isEqualTo(count));
	}

	/**
	 * Send one GET on a connection of its own.
	 * @param target path and query
	 * @param headers header lines
	 * @return the response
	 */
	public RawClient.Response get(String target, String... headers) {
		try (RawClient client = connect()) {
			return client.send("GET", target, headers).response();
		}
	}

	/**
	 * Send one GET to another port.
	 * @param port the port
	 * @param target path and query
	 * @return the response
	 */
	public static RawClient.Response get(int port, String target) {
		try (RawClient client = new RawClient(port)) {
			return client.send("GET", target).response();
		}
	}

	/**
	 * Return the handlers, which count what happens to them.
	 * @return the handlers
	 */
	public TestHandlers handlers() {
		return bean(TestHandlers.class);
	}

	/**
	 * Return the counts of a route.
	 * @param id the route's id
	 * @return the counts
	 */
	public RouteActivity activity(String id) {
		RouteActivity activity = bean(Routes.class).activityOf(id);
		assertThat(activity).as("route " + id).isNotNull();
		return activity;
	}

	/**
	 * Return what a meter has counted.
	 * @param name the meter's name
	 * @param tags tags that it must have
	 * @return the sum over all such meters
	 */
	public double meter(String name, String... tags) {
		Search search = bean(MeterRegistry.class).find(name).tags(tags);
		return search.counters().stream().mapToDouble(Counter::count).sum()
				+ search.functionCounters().stream().mapToDouble(FunctionCounter::count).sum();
	}

	/**
	 * Wait until a route has counted endings.
	 * @param id the route's id
	 * @param ending how its requests ended
	 * @param count how many
	 */
	public void awaitCount(String id, Ending ending, long count) {
		await().atMost(PATIENCE)
			.untilAsserted(() -> assertThat(activity(id).count(ending)).as(ending + " on " + id).isEqualTo(count));
	}

	/**
	 * Send requests until one is quick enough: the first of a cold server may not be.
	 */
	public void warmUp() {
		// A connection may be closed that a cold server was slow with.
		await().ignoreExceptions().atMost(PATIENCE).until(() -> get("/fast").status() == 200);
	}

	/**
	 * Wait until no request is in flight on any route.
	 */
	public void awaitQuiet() {
		await().atMost(PATIENCE)
			.until(() -> bean(Routes.class).policies()
				.stream()
				.allMatch((policy) -> activity(policy.route().id()).inFlight() == 0));
	}

	@Override
	public void close() {
		this.context.close();
	}

}
