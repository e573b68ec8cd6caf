package io.serverhardening.sample.api;

import reactor.core.publisher.Mono;

/**
 * What the report depends on: a database, or another service.
 */
@FunctionalInterface
public interface ReportSource {

	/**
	 * Count the rows of the report.
	 * @return how many
	 */
	Mono<Integer> rows();

}
