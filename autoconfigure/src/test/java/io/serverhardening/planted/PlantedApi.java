package io.serverhardening.planted;

import io.serverhardening.planted.route.PlantedRoute;

/**
 * Breaks: the public API knows no feature.
 */
class PlantedApi {

	PlantedRoute knows(PlantedRoute route) {
		return route;
	}

}
