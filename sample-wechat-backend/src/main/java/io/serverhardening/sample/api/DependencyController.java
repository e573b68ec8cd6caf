package io.serverhardening.sample.api;

import java.util.Locale;
import java.util.Map;

import org.springframework.boot.autoconfigure.condition.ConditionalOnProperty;
import org.springframework.http.HttpStatus;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PutMapping;
import org.springframework.web.bind.annotation.RestController;
import org.springframework.web.server.ResponseStatusException;

// For trying out what becomes of the report when what it depends on breaks.
@RestController
@ConditionalOnProperty("sample.report.breakable")
class DependencyController {

	private final ReportDependency dependency;

	DependencyController(ReportDependency dependency) {
		this.dependency = dependency;
	}

	@PutMapping("/api/dependency/{state}")
	Map<String, Object> state(@PathVariable String state) {
		try {
			this.dependency.state(ReportDependency.State.valueOf(state.toUpperCase(Locale.ROOT)));
		}
		catch (IllegalArgumentException ex) {
			throw new ResponseStatusException(HttpStatus.BAD_REQUEST, "state must be up, slow or down");
		}
		return Map.of("dependency", this.dependency.state().name().toLowerCase(Locale.ROOT));
	}

}
