package io.serverhardening.client;

import io.serverhardening.ClientAddressResolver;
import io.serverhardening.testing.TestServer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import reactor.core.publisher.Mono;

import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.RestController;
import org.springframework.web.server.ServerWebExchange;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Client addresses on a real socket, whatever Spring does with forwarding headers.
 */
@ExtendWith(OutputCaptureExtension.class)
class ClientAddressIT {

	private static TestServer start(String... properties) {
		return TestServer.start(java.util.List.of(WhoAmI.class), properties);
	}

	@Test
	void believesATrustedPeerOnly() {
		try (TestServer server = start("server.hardening.client.trusted-proxies=127.0.0.0/8,::1")) {
			assertThat(server.get("/who", "X-Forwarded-For: 6.6.6.6, 198.51.100.9").body()).isEqualTo("198.51.100.9");
		}
		try (TestServer server = start()) {
			assertThat(server.get("/who", "X-Forwarded-For: 198.51.100.9").body()).isEqualTo("127.0.0.1");
		}
	}

	@Test
	void isNotFooledByStrategiesThatBelieveEveryone() {
		for (String strategy : new String[] { "native", "framework" }) {
			try (TestServer server = start("server.forward-headers-strategy=" + strategy)) {
				assertThat(server.get("/who", "X-Forwarded-For: 6.6.6.6").body()).as(strategy).isEqualTo("127.0.0.1");
				assertThat(server.get("/who", "Forwarded: for=6.6.6.6").body()).as(strategy).isEqualTo("127.0.0.1");
			}
			try (TestServer server = start("server.forward-headers-strategy=" + strategy,
					"server.hardening.client.trusted-proxies=127.0.0.0/8")) {
				assertThat(server.get("/who", "X-Forwarded-For: 6.6.6.6, 198.51.100.9").body()).as(strategy)
					.isEqualTo("198.51.100.9");
			}
		}
	}

	@Test
	void hintsOnceAtAForgottenProxy(CapturedOutput output) {
		try (TestServer server = start()) {
			server.get("/fast");
			assertThat(output).doesNotContain("trusted-proxies");
			for (int i = 0; i < 3; i++) {
				server.get("/fast", "X-Forwarded-For: 198.51.100.9");
			}
			assertThat(output.getAll().split("add the address to server.hardening.client.trusted-proxies", -1))
				.hasSize(2);
			assertThat(output).contains("Forwarding headers came from 127.0.0.1, which is not a trusted proxy");
		}
	}

	@Test
	void looksForAForgottenProxyAtTheStartOnly(CapturedOutput output) {
		try (TestServer server = start()) {
			try (io.serverhardening.testing.RawClient client = server.connect()) {
				for (int i = 0; i < 1000; i++) {
					client.send("GET", "/fast").response();
				}
			}
			server.get("/fast", "X-Forwarded-For: 198.51.100.9");
			assertThat(output).doesNotContain("trusted-proxies");
		}
	}

	/**
	 * Tells the client who it is.
	 */
	@RestController
	static class WhoAmI {

		private final ClientAddressResolver resolver;

		WhoAmI(ClientAddressResolver resolver) {
			this.resolver = resolver;
		}

		@GetMapping("/who")
		Mono<String> who(ServerWebExchange exchange) {
			return Mono.just(this.resolver.resolve(exchange.getRequest()).address().getHostAddress());
		}

	}

}
