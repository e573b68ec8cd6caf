package io.serverhardening.request;

import java.util.List;

import io.serverhardening.testing.RawClient;
import io.serverhardening.testing.TestServer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.extension.ExtendWith;
import reactor.core.publisher.Mono;

import org.springframework.boot.test.system.CapturedOutput;
import org.springframework.boot.test.system.OutputCaptureExtension;
import org.springframework.http.codec.multipart.FilePart;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestPart;
import org.springframework.web.bind.annotation.RestController;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * What uploads of files that end early leave in the log.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@ExtendWith(OutputCaptureExtension.class)
class UploadLogIT {

	private static final String PART = String.join("\r\n", "------b",
			"Content-Disposition: form-data; name=\"file\"; filename=\"f.bin\"",
			"Content-Type: application/octet-stream", "", "");

	private TestServer server;

	@BeforeAll
	void start() {
		this.server = TestServer.start(List.of(Uploads.class), "server.hardening.request.max-body-size=10KB");
		this.server.warmUp();
	}

	@AfterAll
	void stop() {
		this.server.close();
	}

	private RawClient upload(String target) {
		RawClient client = this.server.connect();
		client.write("POST " + target + " HTTP/1.1\r\nHost: test\r\nTransfer-Encoding: chunked\r\n"
				+ "Content-Type: multipart/form-data; boundary=----b\r\n\r\n");
		chunk(client, PART);
		chunk(client, "x".repeat(512));
		return client;
	}

	private static void chunk(RawClient client, String text) {
		client.write(Integer.toHexString(text.length()) + "\r\n" + text + "\r\n");
	}

	@Test
	void refusedUploadsLeaveNoStack(CapturedOutput output) {
		for (int i = 0; i < 5; i++) {
			try (RawClient client = upload("/file")) {
				chunk(client, "x".repeat(10 * 1024));
				assertThat(client.response().status()).isEqualTo(413);
				client.end();
			}
		}
		this.server.awaitQuiet();
		assertThat(output.getAll()).doesNotContain("onErrorDropped", "Could not find end of body");
	}

	@Test
	void uploadsThatAreBrokenOffLeaveNoStack(CapturedOutput output) {
		for (int i = 0; i < 5; i++) {
			upload("/file").reset();
		}
		this.server.awaitQuiet();
		assertThat(output.getAll()).doesNotContain("onErrorDropped", "Could not find end of body");
	}

	@Test
	void anUploadThatIsWholeIsRead() {
		try (RawClient client = upload("/file")) {
			chunk(client, "\r\n------b--\r\n");
			client.write("0\r\n\r\n");
			assertThat(client.response().body()).isEqualTo("f.bin");
		}
	}

	/**
	 * The customary handler of an upload.
	 */
	@RestController
	static class Uploads {

		@PostMapping("/file")
		Mono<String> file(@RequestPart("file") FilePart file) {
			return Mono.just(file.filename());
		}

	}

}
