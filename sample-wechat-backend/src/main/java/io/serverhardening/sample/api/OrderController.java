package io.serverhardening.sample.api;

import io.serverhardening.MessageClaim;
import io.serverhardening.sample.ledger.Ledger;
import reactor.core.publisher.Mono;

import org.springframework.http.HttpStatus;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestBody;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.ResponseStatus;
import org.springframework.web.bind.annotation.RestController;
import org.springframework.web.server.ResponseStatusException;
import org.springframework.web.server.ServerWebExchange;

/**
 * Orders of the mini program, which sends each again until it hears of it.
 */
@RestController
@RequestMapping("/api/orders")
class OrderController {

	private final Ledger ledger;

	OrderController(Ledger ledger) {
		this.ledger = ledger;
	}

	@PostMapping
	@ResponseStatus(HttpStatus.CREATED)
	Mono<Receipt> order(@RequestBody Order order, ServerWebExchange exchange) {
		MessageClaim claim = MessageClaim.from(exchange);
		if (claim == null || order.item() == null || order.item().isBlank()) {
			throw new ResponseStatusException(HttpStatus.BAD_REQUEST, "An order names an item");
		}
		// What charges the card gets this key: it is the same for each attempt.
		String number = claim.key();
		return this.ledger.write("order " + number).thenReturn(new Receipt(number, order.item()));
	}

	/**
	 * What is wanted.
	 *
	 * @param item what
	 */
	record Order(String item) {

	}

	/**
	 * What the customer gets.
	 *
	 * @param number the number of the order
	 * @param item what was ordered
	 */
	record Receipt(String number, String item) {

	}

}
