package io.serverhardening.internal.message;

import java.nio.charset.StandardCharsets;

import io.netty.buffer.ByteBufAllocator;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Mono;

import org.springframework.core.io.buffer.DataBuffer;
import org.springframework.core.io.buffer.DataBufferUtils;
import org.springframework.core.io.buffer.NettyDataBufferFactory;
import org.springframework.mock.http.server.reactive.MockServerHttpRequest;
import org.springframework.mock.http.server.reactive.MockServerHttpResponse;
import org.springframework.mock.web.server.MockServerWebExchange;
import org.springframework.web.server.ServerWebExchange;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Tests of {@link BufferedExchange}.
 */
class BufferedExchangeTests {

	private final BufferedExchange exchange = BufferedExchange.of(onNetty(),
			"teacups".getBytes(StandardCharsets.UTF_8));

	@Test
	void aHandlerMayWriteBehindTheEndOfTheBody() {
		assertThat(joined().map((buffer) -> read(buffer.write("+tail".getBytes(StandardCharsets.UTF_8)))).block())
			.isEqualTo("teacups+tail");
	}

	@Test
	void whatAHandlerDoesToTheBodyIsDoneToItsOwn() {
		joined().doOnNext((buffer) -> buffer.writePosition(0).write((byte) 'X')).map(DataBufferUtils::release).block();
		assertThat(joined().map(BufferedExchangeTests::read).block()).isEqualTo("teacups");
		assertThat(this.exchange.body()).asString().isEqualTo("teacups");
	}

	private Mono<DataBuffer> joined() {
		return DataBufferUtils.join(this.exchange.getRequest().getBody());
	}

	private static String read(DataBuffer buffer) {
		String text = buffer.toString(StandardCharsets.UTF_8);
		DataBufferUtils.release(buffer);
		return text;
	}

	private static ServerWebExchange onNetty() {
		MockServerHttpResponse response = new MockServerHttpResponse(
				new NettyDataBufferFactory(ByteBufAllocator.DEFAULT));
		return MockServerWebExchange.from(MockServerHttpRequest.post("/orders")).mutate().response(response).build();
	}

}
