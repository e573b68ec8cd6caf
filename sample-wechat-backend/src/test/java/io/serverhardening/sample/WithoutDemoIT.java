package io.serverhardening.sample;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.util.List;

import io.serverhardening.sample.simulator.Simulations;
import org.junit.jupiter.api.Test;

import org.springframework.beans.factory.annotation.Value;
import org.springframework.boot.test.context.SpringBootTest;
import org.springframework.boot.test.context.SpringBootTest.WebEnvironment;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * The sample as somebody copies it, with secrets of their own: nothing that a visitor can
 * break, and nothing of its users that a visitor can read.
 */
@SpringBootTest(webEnvironment = WebEnvironment.RANDOM_PORT,
		properties = { "WECHAT_APP_ID=" + WithoutDemoIT.APP_ID, "WECHAT_TOKEN=" + WithoutDemoIT.TOKEN,
				"WECHAT_AES_KEY=" + WithoutDemoIT.AES_KEY, "sample.api.tiers.a-partners-own-key=partner" })
class WithoutDemoIT {

	static final String APP_ID = "wx1d2c3b4a59687766";

	static final String TOKEN = "8c1f0e6d9b7a4c35";

	static final String AES_KEY = "Zk3vPq8LmT1xYw9RbN5sHc7DfG2jKa4EuQ6oViXtBzC";

	private final HttpClient client = HttpClient.newHttpClient();

	@Value("${local.server.port}")
	private int port;

	@Value("${local.management.port}")
	private int managementPort;

	private HttpResponse<String> send(int port, String method, String target, String key)
			throws IOException, InterruptedException {
		return this.client.send(HttpRequest.newBuilder(URI.create("http://localhost:" + port + target))
			.header("X-Api-Key", key)
			.method(method, BodyPublishers.noBody())
			.build(), BodyHandlers.ofString());
	}

	private HttpResponse<String> get(String target) throws IOException, InterruptedException {
		return send(this.port, "GET", target, "a-partners-own-key");
	}

	@Test
	void takesPushesAndTellsNobodyOfThem() throws Exception {
		String seen = Simulations.run("--targets=http://localhost:" + this.port, "--token=" + TOKEN,
				"--aes-key=" + AES_KEY, "--app-id=" + APP_ID, "--seconds=1", "--rate=10", "--copies=2");
		assertThat(seen).contains("| text | 7 | 14 | 7 | 0 | 0 | 0 | ? | ? | ? |");
		assertThat(get("/api/ledger").statusCode()).isEqualTo(404);
	}

	@Test
	void isNotBrokenByAVisitor() throws Exception {
		for (String state : List.of("down", "slow", "up")) {
			assertThat(send(this.port, "PUT", "/api/dependency/" + state, "a-partners-own-key").statusCode())
				.isEqualTo(404);
		}
		HttpResponse<String> report = get("/api/report?ms=60000");
		assertThat(report.statusCode()).isEqualTo(200);
		assertThat(report.body()).contains("\"rows\":42").doesNotContain("tookMs");
	}

	@Test
	void doesNotKnowTheKeysOfTheDemo() throws Exception {
		assertThat(get("/api/ping").headers().firstValue("ratelimit-policy"))
			.hasValue("\"default.partner\";q=1000;w=10");
		assertThat(send(this.port, "GET", "/api/ping", "demo-partner").headers().firstValue("ratelimit-policy"))
			.hasValue("\"default\";q=20;w=10");
	}

	@Test
	void showsActuatorOnItsOwnPortOnly() throws Exception {
		for (String endpoint : List.of("/actuator", "/actuator/health", "/actuator/hardening")) {
			assertThat(get(endpoint).statusCode()).isEqualTo(404);
			assertThat(send(this.managementPort, "GET", endpoint, "").statusCode()).isEqualTo(200);
		}
	}

}
