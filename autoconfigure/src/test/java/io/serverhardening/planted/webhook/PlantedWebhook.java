package io.serverhardening.planted.webhook;

import io.serverhardening.planted.webhook.hmac.PlantedHmac;

import org.springframework.context.annotation.Bean;

/**
 * Breaks: no cycles within a feature; no aspect is put around a bean.
 */
public class PlantedWebhook {

	PlantedHmac knows(PlantedHmac hmac) {
		return hmac;
	}

	@Bean
	PlantedBean bean() {
		return new PlantedBean();
	}

	/**
	 * Its class is final.
	 */
	static final class PlantedBean {

	}

}
