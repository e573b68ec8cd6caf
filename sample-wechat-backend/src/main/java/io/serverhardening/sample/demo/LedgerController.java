package io.serverhardening.sample.demo;

import java.util.Map;

import reactor.core.publisher.Mono;

import org.springframework.context.annotation.Profile;
import org.springframework.http.ResponseEntity;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.bind.annotation.RestController;

/**
 * What has been done, for the simulator and for whoever is curious.
 */
@RestController
@Profile("demo")
@RequestMapping("/api/ledger")
class LedgerController {

	private final DemoLedger ledger;

	LedgerController(DemoLedger ledger) {
		this.ledger = ledger;
	}

	@GetMapping
	Mono<ResponseEntity<Map<String, Long>>> read(@RequestParam(defaultValue = "") String prefix) {
		return this.ledger.read(prefix)
			.map((entries) -> ResponseEntity.ok()
				.header("X-Ledger", this.ledger.isShared() ? "shared" : "own")
				.body(entries));
	}

}
