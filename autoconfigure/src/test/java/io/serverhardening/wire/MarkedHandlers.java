package io.serverhardening.wire;

import java.time.Duration;
import java.util.Map;
import java.util.zip.CRC32;

import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;

import org.springframework.context.annotation.Bean;
import org.springframework.core.Ordered;
import org.springframework.core.annotation.Order;
import org.springframework.core.io.buffer.DataBuffer;
import org.springframework.core.io.buffer.DataBufferUtils;
import org.springframework.http.HttpStatus;
import org.springframework.http.server.reactive.ServerHttpResponse;
import org.springframework.util.MultiValueMap;
import org.springframework.web.reactive.HandlerMapping;
import org.springframework.web.reactive.handler.SimpleUrlHandlerMapping;
import org.springframework.web.reactive.socket.WebSocketHandler;
import org.springframework.web.server.ResponseStatusException;
import org.springframework.web.server.ServerWebExchange;
import org.springframework.web.server.WebFilter;
import org.springframework.web.server.WebHandler;

/**
 * Handlers that do what the query asks for, and whose answers carry the mark of the
 * request: {@code /w/<route>/<mark>?…}.
 * <ul>
 * <li>{@code read}: {@code all} of the body, {@code late}, one {@code piece} of it, or
 * nothing of it
 * <li>{@code wait}: milliseconds before the answer, which then comes from another thread
 * <li>{@code size}: bytes of the answer
 * <li>{@code as}: {@code counted}, {@code pieces}, pieces from {@code elsewhere}, or
 * {@code nothing} (204)
 * <li>{@code fail}: {@code before} or {@code after} the answer has begun, {@code never}
 * answering, {@code thrown}
 * </ul>
 */
class MarkedHandlers {

	@Bean
	@Order(Ordered.HIGHEST_PRECEDENCE)
	WebFilter marks() {
		return (exchange, chain) -> {
			exchange.getResponse().getHeaders().set("x-mark", mark(exchange));
			return chain.filter(exchange);
		};
	}

	private static String mark(ServerWebExchange exchange) {
		String path = exchange.getRequest().getPath().value();
		return path.substring(path.lastIndexOf('/') + 1);
	}

	@Bean
	HandlerMapping marked() {
		WebHandler handler = MarkedHandlers::handle;
		WebSocketHandler echo = (session) -> session
			.send(session.receive().map((message) -> session.textMessage("echo " + message.getPayloadAsText())));
		return new SimpleUrlHandlerMapping(Map.of("/w/**", handler, "/w/socket/*", echo), -10);
	}

	private static Mono<Void> handle(ServerWebExchange exchange) {
		MultiValueMap<String, String> wish = exchange.getRequest().getQueryParams();
		String fail = String.valueOf(wish.getFirst("fail"));
		if (fail.equals("thrown")) {
			throw new ResponseStatusException(HttpStatus.BAD_GATEWAY);
		}
		String wait = wish.getFirst("wait");
		Mono<Void> taken = take(exchange, String.valueOf(wish.getFirst("read")));
		if (wait != null) {
			taken = taken.then(Mono.delay(Duration.ofMillis(Integer.parseInt(wait)))).then();
		}
		return taken.then(Mono.defer(() -> answer(exchange, wish, fail)));
	}

	private static Mono<Void> take(ServerWebExchange exchange, String read) {
		return switch (read) {
			case "all" -> takeAll(exchange);
			case "late" -> Mono.delay(Duration.ofMillis(3)).then(takeAll(exchange));
			case "piece" -> exchange.getRequest().getBody().next().doOnNext(DataBufferUtils::release).then();
			default -> Mono.empty();
		};
	}

	private static Mono<Void> takeAll(ServerWebExchange exchange) {
		CRC32 sum = new CRC32();
		long[] size = new long[1];
		return exchange.getRequest().getBody().doOnNext((buffer) -> {
			byte[] bytes = new byte[buffer.readableByteCount()];
			buffer.read(bytes);
			DataBufferUtils.release(buffer);
			sum.update(bytes);
			size[0] += bytes.length;
		})
			.then(Mono.fromRunnable(
					() -> exchange.getResponse().getHeaders().set("x-received", Content.receipt(size[0], sum))));
	}

	private static Mono<Void> answer(ServerWebExchange exchange, MultiValueMap<String, String> wish, String fail) {
		ServerHttpResponse response = exchange.getResponse();
		String as = String.valueOf(wish.getFirst("as"));
		String size = wish.getFirst("size");
		byte[] content = Content.ofAnswer(mark(exchange), (size != null) ? Integer.parseInt(size) : 20);
		if (fail.equals("never")) {
			return Mono.never();
		}
		if (fail.equals("before")) {
			return Mono.error(new ResponseStatusException(HttpStatus.BAD_GATEWAY));
		}
		if (fail.equals("after")) {
			if (as.equals("counted")) {
				response.getHeaders().setContentLength(content.length);
			}
			return response.writeWith(Flux.concat(pieces(response, content, content.length / 2),
					Mono.delay(Duration.ofMillis(1)).then(Mono.error(new IllegalStateException("after")))));
		}
		return switch (as) {
			case "nothing" -> {
				response.setStatusCode(HttpStatus.NO_CONTENT);
				yield response.setComplete();
			}
			case "pieces" -> response.writeWith(pieces(response, content, content.length));
			case "elsewhere" -> response.writeAndFlushWith(
					pieces(response, content, content.length).publishOn(Schedulers.parallel(), 1).map(Flux::just));
			default -> {
				response.getHeaders().setContentLength(content.length);
				yield response.writeWith(Mono.fromSupplier(() -> response.bufferFactory().wrap(content)));
			}
		};
	}

	private static Flux<DataBuffer> pieces(ServerHttpResponse response, byte[] content, int end) {
		return Flux.generate(() -> 0, (from, sink) -> {
			int to = Math.min(end, from + 1 + (from * 31 + content.length * 7) % 20_000);
			if (from >= end) {
				sink.complete();
			}
			else {
				sink.next(response.bufferFactory().wrap(java.nio.ByteBuffer.wrap(content, from, to - from)));
			}
			return to;
		});
	}

}
