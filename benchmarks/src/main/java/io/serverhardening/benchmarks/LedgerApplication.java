package io.serverhardening.benchmarks;

import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;

import io.serverhardening.MessageClaim;
import io.serverhardening.deduplication.DeduplicationGuard;
import io.serverhardening.deduplication.memory.MemoryRecordStore;
import io.serverhardening.route.Routes;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;

import org.springframework.beans.factory.annotation.Value;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.EnableAutoConfiguration;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Import;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestHeader;
import org.springframework.web.bind.annotation.RestController;
import org.springframework.web.server.ServerWebExchange;

/**
 * An instance whose handler writes what it does into a ledger that outlives it, and says
 * in its answer by which run that was made.
 */
@Configuration(proxyBeanMethods = false)
@EnableAutoConfiguration
@Import(LedgerApplication.Orders.class)
public class LedgerApplication {

	/**
	 * Start an instance.
	 * @param args properties: {@code ledger}, the file; {@code instance}, its name;
	 * {@code work.least} and {@code work.most}, how long it takes for a message, ms
	 */
	public static void main(String[] args) {
		SpringApplication.run(LedgerApplication.class, args);
	}

	/**
	 * Handles messages.
	 */
	@RestController
	static class Orders {

		private final AtomicInteger runs = new AtomicInteger();

		private final Ledger ledger;

		private final String instance;

		private final long least;

		private final long most;

		private final MemoryRecordStore memory;

		Orders(Routes routes, @Value("${ledger}") Path ledger, @Value("${instance}") String instance,
				@Value("${work.least}") long least, @Value("${work.most}") long most) {
			this.ledger = new Ledger(ledger);
			this.instance = instance;
			this.least = least;
			this.most = most;
			this.memory = routes.policies()
				.stream()
				.flatMap((policy) -> policy.guards().stream())
				.filter((binding) -> binding.guard() instanceof DeduplicationGuard)
				.map((binding) -> ((DeduplicationGuard) binding.guard()).state().records().local())
				.findFirst()
				.orElseThrow();
		}

		// What must not be done twice is done half-way: an instance that is killed may be
		// before it or behind it, and its handler not at its end.
		@PostMapping("/orders")
		Mono<String> order(@RequestHeader("Idempotency-Key") String message, ServerWebExchange exchange) {
			MessageClaim claim = MessageClaim.from(exchange);
			if (claim == null) {
				throw new IllegalStateException("Nobody has claimed " + message);
			}
			String run = this.instance + "-" + this.runs.incrementAndGet();
			Duration half = Duration
				.ofMillis((this.least + Math.floorMod(message.hashCode(), this.most - this.least + 1)) / 2);
			return grantedBy(claim)
				.flatMap((store) -> write(Ledger.BEGUN, message, run, this.instance, store,
						String.valueOf(claim.attempt())))
				.then(Mono.delay(half))
				.then(Mono.defer(() -> write(Ledger.WRITTEN, message, run)))
				.then(Mono.delay(half))
				.thenReturn(message + " " + run);
		}

		private Mono<String> grantedBy(MessageClaim claim) {
			return this.memory.find(claim.key())
				.filter((record) -> record.token() == claim.token())
				.map((record) -> Ledger.ALONE)
				.defaultIfEmpty(Ledger.SHARED);
		}

		private Mono<Void> write(String kind, String... words) {
			return Mono.<Void>fromRunnable(() -> this.ledger.write(kind, words))
				.subscribeOn(Schedulers.boundedElastic());
		}

	}

}
