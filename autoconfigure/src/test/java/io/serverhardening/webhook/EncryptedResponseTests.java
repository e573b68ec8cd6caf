package io.serverhardening.webhook;

import java.nio.charset.StandardCharsets;

import org.junit.jupiter.api.Test;
import reactor.core.publisher.Mono;
import reactor.test.StepVerifier;

import org.springframework.core.io.buffer.DefaultDataBufferFactory;
import org.springframework.http.MediaType;
import org.springframework.mock.http.server.reactive.MockServerHttpResponse;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * What is left of a reply that cannot be encrypted.
 */
class EncryptedResponseTests {

	@Test
	void announcesNothingOfAReplyThatCannotBeEncrypted() {
		MockServerHttpResponse response = new MockServerHttpResponse();
		response.getHeaders().setContentLength(5);
		response.getHeaders().setContentType(MediaType.TEXT_XML);
		EncryptedResponse encrypted = new EncryptedResponse(response,
				(plain) -> Mono.error(new IllegalStateException("It cannot be encrypted")), "success");
		Mono<Void> written = encrypted.writeWith(Mono.fromSupplier(
				() -> DefaultDataBufferFactory.sharedInstance.wrap("hello".getBytes(StandardCharsets.UTF_8))));
		StepVerifier.create(written).verifyErrorMessage("It cannot be encrypted");
		// Whoever answers the error says how long that is, or leaves it to the server.
		assertThat(response.getHeaders().isEmpty()).isTrue();
	}

}
