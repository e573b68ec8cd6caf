package io.serverhardening.benchmarks;

import java.lang.management.ManagementFactory;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;

import com.sun.management.ThreadMXBean;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

import org.springframework.boot.SpringApplication;
import org.springframework.boot.SpringBootConfiguration;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.core.io.buffer.DataBuffer;
import org.springframework.core.io.buffer.DataBufferUtils;
import org.springframework.http.MediaType;
import org.springframework.http.codec.ServerSentEvent;
import org.springframework.http.server.reactive.ServerHttpRequest;
import org.springframework.http.server.reactive.ServerHttpResponse;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestBody;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.bind.annotation.RestController;

/**
 * The application that is measured. It names nothing of the starter, and so runs with and
 * without it on the classpath. Nothing is scanned for: others beside it do name it.
 */
@SpringBootConfiguration(proxyBeanMethods = false)
@EnableAutoConfiguration
@RestController
public class BenchmarkApplication {

	private static final byte[] PIECE = new byte[64 * 1024];

	/**
	 * Start the application.
	 * @param args properties
	 */
	public static void main(String[] args) {
		SpringApplication.run(BenchmarkApplication.class, args);
	}

	@GetMapping("/ping")
	Map<String, Object> ping() {
		return Map.of("pong", true);
	}

	@GetMapping("/sleep")
	Mono<String> sleep(@RequestParam(defaultValue = "80") int ms) {
		return Mono.delay(Duration.ofMillis(ms)).thenReturn("slept");
	}

	@GetMapping(path = "/stall", produces = MediaType.TEXT_PLAIN_VALUE)
	Flux<String> stall() {
		return Flux.concat(Flux.just("begun"), Flux.never());
	}

	@GetMapping(path = "/events", produces = MediaType.TEXT_EVENT_STREAM_VALUE)
	Flux<ServerSentEvent<String>> events(@RequestParam(defaultValue = "10000") int everyMs) {
		return Flux.interval(Duration.ofMillis(everyMs))
			.map((i) -> ServerSentEvent.<String>builder().comment("heartbeat").build());
	}

	@PostMapping("/orders")
	Mono<Map<String, Object>> order(@RequestBody Map<String, Object> order, @RequestParam(defaultValue = "0") int ms) {
		Map<String, Object> receipt = Map.of("ordered", order.size());
		return (ms > 0) ? Mono.delay(Duration.ofMillis(ms)).thenReturn(receipt) : Mono.just(receipt);
	}

	@PostMapping("/upload")
	Mono<Map<String, Object>> upload(ServerHttpRequest request) {
		return request.getBody().map((buffer) -> {
			int size = buffer.readableByteCount();
			DataBufferUtils.release(buffer);
			return (long) size;
		}).reduce(0L, Long::sum).map((size) -> Map.of("received", size));
	}

	@PostMapping("/early")
	Map<String, Object> early() {
		return Map.of("early", true);
	}

	@GetMapping("/download")
	Flux<DataBuffer> download(@RequestParam(defaultValue = "1024") int kilobytes, ServerHttpResponse response) {
		return Flux.range(0, kilobytes / 64).map((i) -> response.bufferFactory().wrap(PIECE));
	}

	// What the script reads: bytes allocated by the threads that are alive, which the
	// event loops always are, and the heap in use after a collection.
	@GetMapping("/stats")
	Map<String, Object> stats(@RequestParam(defaultValue = "false") boolean collect) {
		ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
		long allocated = 0;
		for (long bytes : threads.getThreadAllocatedBytes(threads.getAllThreadIds())) {
			allocated += Math.max(0, bytes);
		}
		Map<String, Object> stats = new LinkedHashMap<>();
		stats.put("allocatedBytes", allocated);
		if (collect) {
			System.gc();
			stats.put("heapBytes", ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed());
		}
		return stats;
	}

}
