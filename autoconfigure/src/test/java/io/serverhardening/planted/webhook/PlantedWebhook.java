package io.serverhardening.planted.webhook;

import io.serverhardening.planted.webhook.hmac.PlantedHmac;

/**
 * Breaks: no cycles within a feature.
 */
public class PlantedWebhook {

	PlantedHmac knows(PlantedHmac hmac) {
		return hmac;
	}

}
