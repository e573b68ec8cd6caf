package io.serverhardening.planted.response.pace;

import io.serverhardening.planted.response.PlantedResponse;

/**
 * Breaks: no cycles within.
 */
public class PlantedPace {

	PlantedResponse knows(PlantedResponse response) {
		return response;
	}

}
