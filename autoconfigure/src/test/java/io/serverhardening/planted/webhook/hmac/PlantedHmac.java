package io.serverhardening.planted.webhook.hmac;

import io.serverhardening.planted.webhook.PlantedWebhook;

/**
 * Breaks: no cycles within a feature.
 */
public class PlantedHmac {

	PlantedWebhook knows(PlantedWebhook webhook) {
		return webhook;
	}

}
