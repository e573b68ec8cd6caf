package io.serverhardening.autoconfigure.route;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.function.LongSupplier;
import java.util.stream.Collectors;

import io.serverhardening.Guard;
import io.serverhardening.Mode;
import io.serverhardening.Route;
import io.serverhardening.autoconfigure.diagnostics.InvalidSettingException;
import io.serverhardening.autoconfigure.resolution.Resolution;
import io.serverhardening.autoconfigure.resolution.ResolvedRoute;
import io.serverhardening.autoconfigure.resolution.RouteSettings;
import io.serverhardening.autoconfigure.route.GuardFactory.Draft;
import io.serverhardening.autoconfigure.route.SettingsInForce.Version;
import io.serverhardening.autoconfigure.settings.HardeningProperties;
import io.serverhardening.autoconfigure.settings.RouteMethod;
import io.serverhardening.autoconfigure.settings.RouteProperties;
import io.serverhardening.internal.HardeningThreads;
import io.serverhardening.request.RequestGuard;
import io.serverhardening.request.RequestPolicy;
import io.serverhardening.response.ResponseGuard;
import io.serverhardening.response.ResponsePolicy;
import io.serverhardening.route.DuplicateRouteException;
import io.serverhardening.route.RoutePolicy;
import io.serverhardening.route.RoutePolicy.Binding;
import io.serverhardening.route.RouteTable;
import io.serverhardening.route.Routes;
import org.jspecify.annotations.Nullable;

import org.springframework.aop.framework.AopInfrastructureBean;
import org.springframework.http.HttpMethod;
import org.springframework.util.ClassUtils;
import org.springframework.web.util.pattern.PathPatternParser;
import org.springframework.web.util.pattern.PatternParseException;

/**
 * Turns the settings in force into routes: each group becomes a guard. The order of the
 * built-in guards is decided here and nowhere else.
 */
public final class RouteAssembler implements AopInfrastructureBean {

	static final String ACTUATOR_ID = "actuator";

	private static final Set<String> RESERVED_IDS = Set.of(Route.DEFAULT_ID, ACTUATOR_ID);

	/** The groups that a request passes once its clocks run, in this order. */
	private static final List<String> ADMISSION = List.of("rate-limit", "concurrency", "circuit-breaker", "webhook",
			"deduplication");

	/** Whether what is behind reads the path anew. */
	private static final boolean FORWARDED = ClassUtils.isPresent(
			"org.springframework.cloud.gateway.handler.RoutePredicateHandlerMapping",
			RouteAssembler.class.getClassLoader());

	private final List<GuardFactory> admission;

	private final List<Guard> applicationGuards;

	private final PathPatternParser parser;

	private final LongSupplier time;

	private final HardeningThreads threads;

	private final boolean debugged;

	/**
	 * Create the assembler.
	 * @param factories make the guards of admission
	 * @param applicationGuards the application's own guards, in order
	 * @param parser the parser of the application's own mappings
	 * @param time the clock, nanoseconds
	 * @param threads keep time where there is no event loop
	 * @param debugged whether someone may hold a request at a breakpoint
	 */
	public RouteAssembler(List<GuardFactory> factories, List<Guard> applicationGuards, PathPatternParser parser,
			LongSupplier time, HardeningThreads threads, boolean debugged) {
		this.admission = MissingLibrary.complete(ADMISSION, factories);
		this.applicationGuards = applicationGuards;
		this.parser = parser;
		this.time = time;
		this.threads = threads;
		this.debugged = debugged;
	}

	/**
	 * Make the routes.
	 * @param version the settings
	 * @param routes have the counts of the routes in force
	 * @param exempt paths whose requests pass without any guard
	 * @return the routes, which are not in force yet
	 * @throws InvalidSettingException if a route is wrong
	 */
	RouteDraft draft(Version version, Routes routes, ActuatorPaths exempt) {
		Resolution resolution = version.resolution();
		List<Draft> drafts = this.admission.stream().map((factory) -> factory.draft(resolution)).toList();
		List<RoutePolicy> policies = new ArrayList<>();
		HardeningProperties written = resolution.written();
		written.routes().forEach((id, route) -> policies.add(policy(id, route, version, drafts)));
		for (String path : exempt.roots()) {
			policies.add(new RoutePolicy(new Route(ACTUATOR_ID, path, Set.of()), List.of(), exempt.mapped()));
		}
		RoutePolicy fallback = policy(new RouteSettings(new Route(Route.DEFAULT_ID, "/**", Set.of()),
				HardeningProperties.PREFIX, RouteProperties.NOTHING, resolution.everywhere()), version, drafts);
		try {
			return new RouteDraft(routes.compile((activities) -> RouteTable.compile(fallback, policies, this.parser,
					activities, written.mode(), FORWARDED)), drafts);
		}
		catch (DuplicateRouteException ex) {
			throw new InvalidSettingException(property(ex.second().id()) + ".path", ex.second().path(),
					"names a path and method that route '" + ex.first().id() + "' names already (" + ex.method()
							+ " on " + ex.first().path() + ")");
		}
	}

	private RoutePolicy policy(String id, RouteProperties route, Version version, List<Draft> drafts) {
		String property = property(id);
		if (RESERVED_IDS.contains(id)) {
			throw new InvalidSettingException(property, null, "is reserved: give the route another id");
		}
		String path = checkPath(property + ".path", route.path());
		if (new HashSet<>(route.methods()).size() < route.methods().size()) {
			throw new InvalidSettingException(property + ".methods", route.methods(), "names a method twice");
		}
		ResolvedRoute inForce = Objects.requireNonNull(version.resolution().routes().get(id));
		return policy(new RouteSettings(new Route(id, path, methods(route)), property, route, inForce), version,
				drafts);
	}

	private static Set<HttpMethod> methods(RouteProperties route) {
		return route.methods().stream().map(RouteMethod::toHttpMethod).collect(Collectors.toSet());
	}

	private RoutePolicy policy(RouteSettings settings, Version version, List<Draft> drafts) {
		List<Binding> admission = new ArrayList<>();
		for (Draft draft : drafts) {
			Binding binding = draft.guard(settings);
			if (binding != null) {
				admission.add(binding);
			}
		}
		Route route = settings.route();
		List<Binding> guards = new ArrayList<>();
		addResponseGuard(guards, settings, !admission.isEmpty() || version.isLater());
		// Also where the route takes every limit away: without its guard, those of its
		// connection would apply, which are those of the top, or of earlier settings.
		addRequestGuard(guards, settings,
				version.isLater() || TransferPolicies.topRequest(version.resolution()).isLimited());
		guards.addAll(admission);
		this.applicationGuards.stream()
			.filter((guard) -> guard.guards(route))
			.forEach((guard) -> guards.add(new Binding(guard, version.resolution().written().mode())));
		return new RoutePolicy(route, guards);
	}

	// Admission has to know when a response begins, also where nothing limits it.
	private void addResponseGuard(List<Binding> guards, RouteSettings settings, boolean watched) {
		HardeningProperties.Response inForce = settings.inForce().response();
		String property = settings.property() + ".response";
		ResponsePolicy policy = new ResponsePolicy(inForce.timeout(), inForce.totalTimeout(),
				inForce.timeoutStatus().status(), TransferPolicies.write(inForce, property), property);
		if (policy.isLimited() || watched) {
			Mode mode = clockMode(inForce.mode());
			guards.add(
					new Binding(new ResponseGuard(policy, settings.route().id(), mode, this.time, this.threads), mode));
		}
	}

	private void addRequestGuard(List<Binding> guards, RouteSettings settings, boolean limited) {
		HardeningProperties.Request inForce = settings.inForce().request();
		RequestPolicy policy = TransferPolicies.request(inForce, settings.property() + ".request");
		if (policy.isLimited() || limited) {
			Mode mode = clockMode(inForce.mode());
			guards.add(new Binding(new RequestGuard(policy, settings.route().id(), mode), mode));
		}
	}

	/**
	 * Return whether a clock ends what is late.
	 * @param inForce what the settings say
	 * @return never more than observing while somebody may hold a request at a breakpoint
	 */
	public Mode clockMode(@Nullable Mode inForce) {
		return this.debugged ? Mode.OBSERVE : Objects.requireNonNull(inForce);
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
