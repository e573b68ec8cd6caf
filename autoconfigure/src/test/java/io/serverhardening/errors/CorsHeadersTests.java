package io.serverhardening.errors;

import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;

import org.junit.jupiter.api.Test;
import reactor.core.publisher.Mono;

import org.springframework.mock.http.server.reactive.MockServerHttpRequest;
import org.springframework.mock.web.server.MockServerWebExchange;
import org.springframework.web.bind.annotation.CrossOrigin;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.RestController;
import org.springframework.web.context.support.StaticWebApplicationContext;
import org.springframework.web.cors.CorsConfiguration;
import org.springframework.web.reactive.HandlerMapping;
import org.springframework.web.reactive.handler.SimpleUrlHandlerMapping;
import org.springframework.web.reactive.result.method.annotation.RequestMappingHandlerMapping;
import org.springframework.web.server.ServerWebExchange;
import org.springframework.web.server.WebHandler;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Who is asked for the CORS headers of a refusal.
 */
class CorsHeadersTests {

	private final AtomicInteger listed = new AtomicInteger();

	private final CountingMapping urls = new CountingMapping();

	private String allowed(HandlerMapping... mappings) {
		CorsHeaders headers = new CorsHeaders(List::of, () -> {
			this.listed.incrementAndGet();
			return List.of(mappings);
		});
		return Stream.of(1, 2).map((i) -> allowed(headers)).reduce((first, second) -> second).orElseThrow();
	}

	private static String allowed(CorsHeaders headers) {
		MockServerWebExchange exchange = MockServerWebExchange
			.from(MockServerHttpRequest.get("http://shop.example/x").header("Origin", "http://a.example"));
		headers.ahead(exchange).block();
		return String.valueOf(exchange.getResponse().getHeaders().getAccessControlAllowOrigin());
	}

	private static CorsConfiguration permitted() {
		return new CorsConfiguration().applyPermitDefaultValues();
	}

	@Test
	void mappingsAreListedOnce() {
		allowed(this.urls);
		assertThat(this.listed).hasValue(1);
	}

	@Test
	void aMappingWithoutSettingsIsNotAsked() {
		assertThat(allowed(this.urls)).isEqualTo("null");
		assertThat(this.urls.asked).hasValue(0);
	}

	@Test
	void settingsForAllHandlersAreFollowedWhenTheyCome() {
		CorsHeaders headers = new CorsHeaders(List::of, () -> List.of(this.urls));
		assertThat(allowed(headers)).isEqualTo("null");
		this.urls.setCorsConfigurations(Map.of("/**", permitted()));
		assertThat(allowed(headers)).isEqualTo("*");
		assertThat(this.urls.asked).hasValue(1);
	}

	@Test
	void settingsOfOneHandlerAreFollowed() {
		assertThat(allowed(this.urls, mapping(new Open()))).isEqualTo("*");
		assertThat(allowed(mapping(new Closed()))).isEqualTo("null");
	}

	@Test
	void aMappingOfUnknownKindIsAsked() {
		AtomicInteger asked = new AtomicInteger();
		HandlerMapping unknown = (exchange) -> Mono.<Object>fromSupplier(asked::incrementAndGet);
		allowed(unknown);
		assertThat(asked).hasValue(2);
	}

	private static RequestMappingHandlerMapping mapping(Object controller) {
		StaticWebApplicationContext context = new StaticWebApplicationContext();
		context.getBeanFactory().registerSingleton("controller", controller);
		RequestMappingHandlerMapping mapping = new RequestMappingHandlerMapping();
		mapping.setApplicationContext(context);
		mapping.afterPropertiesSet();
		return mapping;
	}

	/**
	 * Counts how often it is asked.
	 */
	private static final class CountingMapping extends SimpleUrlHandlerMapping {

		private final AtomicInteger asked = new AtomicInteger();

		CountingMapping() {
			WebHandler handler = (exchange) -> Mono.empty();
			registerHandler("/**", handler);
		}

		@Override
		public Mono<Object> getHandlerInternal(ServerWebExchange exchange) {
			this.asked.incrementAndGet();
			return super.getHandlerInternal(exchange);
		}

	}

	/**
	 * A controller with CORS settings.
	 */
	@RestController
	static class Open {

		@CrossOrigin
		@GetMapping("/x")
		String x() {
			return "x";
		}

	}

	/**
	 * A controller without.
	 */
	@RestController
	static class Closed {

		@GetMapping("/x")
		String x() {
			return "x";
		}

	}

}
