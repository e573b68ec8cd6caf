package io.serverhardening.autoconfigure;

import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.function.Function;
import java.util.function.LongSupplier;
import java.util.stream.Collectors;

import io.serverhardening.Guard;
import io.serverhardening.Mode;
import io.serverhardening.Route;
import io.serverhardening.Timeout;
import io.serverhardening.internal.HardeningThreads;
import io.serverhardening.request.RequestGuard;
import io.serverhardening.request.RequestPolicy;
import io.serverhardening.response.ResponseGuard;
import io.serverhardening.response.ResponsePolicy;
import io.serverhardening.response.WritePolicy;
import io.serverhardening.route.DuplicateRouteException;
import io.serverhardening.route.RouteActivity;
import io.serverhardening.route.RoutePolicy;
import io.serverhardening.route.RoutePolicy.Binding;
import io.serverhardening.route.RouteTable;
import org.jspecify.annotations.Nullable;

import org.springframework.http.HttpMethod;
import org.springframework.util.ClassUtils;
import org.springframework.web.util.pattern.PathPatternParser;
import org.springframework.web.util.pattern.PatternParseException;

/**
 * Turns properties into routes: what a route leaves out it inherits from the top, leaf by
 * leaf, and each group becomes a guard. The order of the built-in guards is decided here
 * and nowhere else.
 */
final class RouteAssembler {

	static final String ACTUATOR_ID = "actuator";

	private static final Set<String> RESERVED_IDS = Set.of(Route.DEFAULT_ID, ACTUATOR_ID);

	/** The groups that a request passes once its clocks run, in this order. */
	private static final List<String> ADMISSION = List.of("rate-limit", "concurrency", "circuit-breaker", "webhook",
			"deduplication");

	/** Whether what is behind reads the path anew. */
	private static final boolean FORWARDED = ClassUtils.isPresent(
			"org.springframework.cloud.gateway.handler.RoutePredicateHandlerMapping",
			RouteAssembler.class.getClassLoader());

	private final HardeningProperties properties;

	private final List<GuardFactory> admission;

	private final List<Guard> applicationGuards;

	private final PathPatternParser parser;

	private final LongSupplier time;

	private final HardeningThreads threads;

	private final boolean debugged;

	/**
	 * Create the assembler.
	 * @param properties the settings
	 * @param factories make the guards of admission
	 * @param applicationGuards the application's own guards, in order
	 * @param parser the parser of the application's own mappings
	 * @param time the clock, nanoseconds
	 * @param threads keep time where there is no event loop
	 * @param debugged whether someone may hold a request at a breakpoint
	 */
	RouteAssembler(HardeningProperties properties, List<GuardFactory> factories, List<Guard> applicationGuards,
			PathPatternParser parser, LongSupplier time, HardeningThreads threads, boolean debugged) {
		this.properties = properties;
		this.admission = MissingLibrary.complete(ADMISSION, factories, properties);
		this.applicationGuards = applicationGuards;
		this.parser = parser;
		this.time = time;
		this.threads = threads;
		this.debugged = debugged;
	}

	/**
	 * Compile the routes.
	 * @param activities gives the counts of a route by its id
	 * @param exempt paths whose requests pass without any guard
	 * @return the table
	 * @throws InvalidSettingException if a route is wrong
	 */
	RouteTable assemble(Function<String, RouteActivity> activities, ActuatorPaths exempt) {
		List<RoutePolicy> policies = new ArrayList<>();
		this.properties.routes().forEach((id, route) -> policies.add(policy(id, route)));
		for (String path : exempt.roots()) {
			policies.add(new RoutePolicy(new Route(ACTUATOR_ID, path, Set.of()), List.of(), exempt.mapped()));
		}
		RoutePolicy fallback = policy(new Route(Route.DEFAULT_ID, "/**", Set.of()), HardeningProperties.PREFIX,
				RouteProperties.NOTHING);
		try {
			return RouteTable.compile(fallback, policies, this.parser, activities, this.properties.mode(), FORWARDED);
		}
		catch (DuplicateRouteException ex) {
			throw new InvalidSettingException(property(ex.second().id()) + ".path", ex.second().path(),
					"names a path and method that route '" + ex.first().id() + "' names already (" + ex.method()
							+ " on " + ex.first().path() + ")");
		}
	}

	private RoutePolicy policy(String id, RouteProperties route) {
		String property = property(id);
		if (RESERVED_IDS.contains(id)) {
			throw new InvalidSettingException(property, null, "is reserved: give the route another id");
		}
		String path = checkPath(property + ".path", route.path());
		if (new HashSet<>(route.methods()).size() < route.methods().size()) {
			throw new InvalidSettingException(property + ".methods", route.methods(), "names a method twice");
		}
		return policy(new Route(id, path, methods(route)), property, route);
	}

	private static Set<HttpMethod> methods(RouteProperties route) {
		return route.methods().stream().map(RouteMethod::toHttpMethod).collect(Collectors.toSet());
	}

	private RoutePolicy policy(Route route, String property, RouteProperties own) {
		List<Binding> admission = new ArrayList<>();
		RouteSettings settings = new RouteSettings(route, property, own);
		for (GuardFactory factory : this.admission) {
			Binding binding = factory.guard(settings);
			if (binding != null) {
				admission.add(binding);
			}
		}
		List<Binding> guards = new ArrayList<>();
		addResponseGuard(guards, route, property + ".response", own.response(), !admission.isEmpty());
		addRequestGuard(guards, route, property + ".request", own.request());
		guards.addAll(admission);
		this.applicationGuards.stream()
			.filter((guard) -> guard.guards(route))
			.forEach((guard) -> guards.add(new Binding(guard, this.properties.mode())));
		return new RoutePolicy(route, guards);
	}

	// Admission has to know when a response begins, also where nothing limits it.
	private void addResponseGuard(List<Binding> guards, Route route, String property, RouteProperties.Response own,
			boolean watched) {
		HardeningProperties.Response top = this.properties.response();
		ResponsePolicy policy = new ResponsePolicy(Objects.requireNonNullElse(own.timeout(), top.timeout()),
				Objects.requireNonNullElse(own.totalTimeout(), top.totalTimeout()),
				Objects.requireNonNullElse(own.timeoutStatus(), top.timeoutStatus()).status(),
				writePolicy(own, property), property);
		if (policy.isLimited() || watched) {
			Mode mode = clockMode(own.mode(), top.mode());
			guards.add(new Binding(new ResponseGuard(policy, route.id(), mode, this.time, this.threads), mode));
		}
	}

	private void addRequestGuard(List<Binding> guards, Route route, String property, RouteProperties.Request own) {
		RequestPolicy policy = requestPolicy(own, property);
		// Also where the route takes every limit away: without its guard, those of the
		// top would apply.
		if (policy.isLimited() || topRequestPolicy().isLimited()) {
			Mode mode = clockMode(own.mode(), this.properties.request().mode());
			guards.add(new Binding(new RequestGuard(policy, route.id(), mode), mode));
		}
	}

	private RequestPolicy requestPolicy(RouteProperties.Request own, String property) {
		HardeningProperties.Request top = this.properties.request();
		return new RequestPolicy(Objects.requireNonNullElse(own.bodyTimeout(), top.bodyTimeout()),
				Objects.requireNonNullElse(own.minRate(), top.minRate()),
				grace(property, Objects.requireNonNullElse(own.rateGrace(), top.rateGrace())),
				Objects.requireNonNullElse(own.maxBodySize(), top.maxBodySize()), property);
	}

	private WritePolicy writePolicy(RouteProperties.Response own, String property) {
		HardeningProperties.Response top = this.properties.response();
		return new WritePolicy(Objects.requireNonNullElse(own.writeTimeout(), top.writeTimeout()),
				Objects.requireNonNullElse(own.minRate(), top.minRate()),
				grace(property, Objects.requireNonNullElse(own.rateGrace(), top.rateGrace())));
	}

	/**
	 * Return what applies to requests that no route's guard sees.
	 * @return the limits of the top
	 */
	RequestPolicy topRequestPolicy() {
		return requestPolicy(RouteProperties.NOTHING.request(), HardeningProperties.PREFIX + ".request");
	}

	Mode topRequestMode() {
		return clockMode(null, this.properties.request().mode());
	}

	/**
	 * Return what applies to the responses of requests that no route's guard sees.
	 * @return the limits of the top
	 */
	WritePolicy topWritePolicy() {
		return writePolicy(RouteProperties.NOTHING.response(), HardeningProperties.PREFIX + ".response");
	}

	Mode topResponseMode() {
		return clockMode(null, this.properties.response().mode());
	}

	private static Duration grace(String property, Timeout grace) {
		Duration duration = grace.duration();
		if (duration == null) {
			throw new InvalidSettingException(property + ".rate-grace", grace,
					"must be a time; to have no rate, set " + property + ".min-rate to none");
		}
		return duration;
	}

	private Mode clockMode(@Nullable Mode own, @Nullable Mode top) {
		if (this.debugged) {
			return Mode.OBSERVE;
		}
		return Objects.requireNonNullElse(own, Objects.requireNonNullElse(top, this.properties.mode()));
	}

	private String checkPath(String property, @Nullable String path) {
		if (path == null || path.isBlank()) {
			throw new InvalidSettingException(property, null, "is required: a path pattern such as /api/orders/**");
		}
		if (!path.startsWith("/")) {
			throw new InvalidSettingException(property, path, "must begin with a slash");
		}
		try {
			this.parser.parse(path);
			return path;
		}
		catch (PatternParseException ex) {
			throw new InvalidSettingException(property, path,
					"is not a path pattern: " + ex.getMessage() + " (at position " + ex.getPosition() + ")");
		}
	}

	private static String property(String id) {
		return HardeningProperties.PREFIX + ".routes." + id;
	}

}
