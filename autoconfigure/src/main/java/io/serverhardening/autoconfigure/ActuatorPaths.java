package io.serverhardening.autoconfigure;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

import org.springframework.boot.actuate.autoconfigure.web.server.ManagementPortType;
import org.springframework.boot.actuate.endpoint.web.PathMappedEndpoint;
import org.springframework.boot.actuate.endpoint.web.PathMappedEndpoints;
import org.springframework.boot.actuate.endpoint.web.WebServerNamespace;
import org.springframework.core.env.Environment;
import org.springframework.util.StringUtils;

/**
 * The paths of Actuator on the port of the application.
 */
final class ActuatorPaths {

	private ActuatorPaths() {
	}

	static List<String> onApplicationPort(PathMappedEndpoints endpoints, Environment environment) {
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
		List<String> patterns = new ArrayList<>();
		paths.forEach((path) -> patterns.add((path.startsWith("/") ? path : "/" + path) + "/**"));
		return patterns;
	}

}
