package io.serverhardening.sample.api;

import java.util.Map;

import io.serverhardening.ClientKeyResolver;
import io.serverhardening.Stage;
import io.serverhardening.TierResolver;
import reactor.core.publisher.Mono;

import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.web.server.ServerWebExchange;

// Who calls the API: whoever shows a key that we gave away is counted by it and belongs
// to its tier. A key that we do not know is no key: inventing one gains nothing.
@Configuration(proxyBeanMethods = false)
class ApiClients {

	private static final String HEADER = "X-Api-Key";

	private static Mono<String> knownKey(ServerWebExchange exchange, Keys keys) {
		String key = exchange.getRequest().getHeaders().getFirst(HEADER);
		return (key != null && keys.tiers().containsKey(key)) ? Mono.just(key) : Mono.empty();
	}

	@Bean
	ClientKeyResolver apiKeys(Keys keys) {
		return new ClientKeyResolver() {

			@Override
			public Mono<String> resolve(ServerWebExchange exchange) {
				return knownKey(exchange, keys);
			}

			@Override
			public Stage stage() {
				return Stage.EDGE;
			}

		};
	}

	@Bean
	TierResolver tiers(Keys keys) {
		return new TierResolver() {

			@Override
			public Mono<String> resolve(ServerWebExchange exchange) {
				return knownKey(exchange, keys).map(keys.tiers()::get);
			}

			@Override
			public Stage stage() {
				return Stage.EDGE;
			}

		};
	}

	// The keys that were given away, and their tiers.
	@ConfigurationProperties("sample.api")
	record Keys(@DefaultValue Map<String, String> tiers) {

		@Override
		public String toString() {
			return "Keys[" + this.tiers.size() + "]";
		}

	}

}
