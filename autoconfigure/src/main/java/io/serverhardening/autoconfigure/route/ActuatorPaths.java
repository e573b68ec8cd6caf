package io.serverhardening.autoconfigure.route;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;

import org.springframework.boot.actuate.autoconfigure.web.server.ManagementPortType;
import org.springframework.boot.actuate.endpoint.web.PathMappedEndpoint;
import org.springframework.boot.actuate.endpoint.web.PathMappedEndpoints;
import org.springframework.boot.actuate.endpoint.web.WebServerNamespace;
import org.springframework.core.env.Environment;
import org.springframework.util.StringUtils;
import org.springframework.web.reactive.result.method.RequestMappingInfoHandlerMapping;
import org.springframework.web.util.pattern.PathPattern;

/**
 * The paths of Actuator on the port of the application. What lies below the same root and
 * is no endpoint goes on to other mappings, in a gateway to what is behind it: it is a
 * request like any other.
 *
 * @param roots the patterns of everything that may be Actuator's
 * @param mapped the patterns of the endpoints that there are, as Boot has mapped them
 */
public record ActuatorPaths(List<String> roots, List<PathPattern> mapped) {

	static final ActuatorPaths NONE = new ActuatorPaths(List.of(), List.of());

	/**
	 * Find the paths.
	 * @param endpoints the endpoints, and what they are below
	 * @param mappings where they are mapped, and those of the application
	 * @param actuators tells the former from the latter
	 * @param environment tells which port they are on
	 * @return the paths; none where Actuator has a port of its own
	 */
	public static ActuatorPaths onApplicationPort(PathMappedEndpoints endpoints,
			Stream<RequestMappingInfoHandlerMapping> mappings, EndpointMappings actuators, Environment environment) {
		Set<String> paths = new TreeSet<>();
		if (ManagementPortType.get(environment) == ManagementPortType.SAME) {
			if (StringUtils.hasLength(endpoints.getBasePath())) {
				paths.add(endpoints.getBasePath());
			}
			else {
				paths.addAll(endpoints.getAllPaths());
			}
		}
		for (PathMappedEndpoint endpoint : endpoints) {
			paths.addAll(endpoint.getAdditionalPaths(WebServerNamespace.SERVER));
		}
		List<PathPattern> mapped = new ArrayList<>();
		mappings.filter(actuators)
			.flatMap((mapping) -> mapping.getHandlerMethods().keySet().stream())
			.forEach((info) -> mapped.addAll(info.getPatternsCondition().getPatterns()));
		if (mapped.isEmpty()) {
			return NONE;
		}
		return new ActuatorPaths(
				paths.stream().map((path) -> (path.startsWith("/") ? path : "/" + path) + "/**").toList(), mapped);
	}

}
