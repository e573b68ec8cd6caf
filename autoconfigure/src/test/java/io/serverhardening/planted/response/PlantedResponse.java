package io.serverhardening.planted.response;

import io.serverhardening.planted.errors.PlantedErrors;
import io.serverhardening.planted.response.pace.PlantedPace;
import io.serverhardening.planted.route.PlantedRoute;

import org.springframework.boot.SpringApplication;

/**
 * Breaks: features do not know each other; Boot stays at the edge; no cycles; no cycles
 * within.
 */
public class PlantedResponse {

	PlantedErrors knows(PlantedErrors errors) {
		return errors;
	}

	PlantedPace knows(PlantedPace pace) {
		return pace;
	}

	PlantedRoute knows(PlantedRoute route) {
		return route;
	}

	SpringApplication knows(SpringApplication application) {
		return application;
	}

}
