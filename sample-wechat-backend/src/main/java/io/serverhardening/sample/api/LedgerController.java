package io.serverhardening.sample.api;

import java.util.Map;

import io.serverhardening.sample.ledger.Ledger;
import reactor.core.publisher.Mono;

import org.springframework.http.ResponseEntity;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.bind.annotation.RestController;

/**
 * What has been done, for the simulator and for whoever is curious.
 */
@RestController
@RequestMapping("/api/ledger")
class LedgerController {

	private final Ledger ledger;

	LedgerController(Ledger ledger) {
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
