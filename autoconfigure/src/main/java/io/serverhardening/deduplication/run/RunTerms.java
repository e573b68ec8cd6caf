package io.serverhardening.deduplication.run;

import java.time.Duration;
import java.util.Set;

import io.serverhardening.deduplication.access.Records;
import io.serverhardening.internal.call.ApplicationCalls;

/**
 * On what terms the handlers of a route are run.
 *
 * @param runs those that are running
 * @param records take how they end
 * @param timeout how long each may run, whoever has left
 * @param keptHeaders the headers of an answer that copies are given
 * @param calls lead to handlers
 * @param listener hears what becomes of them
 */
public record RunTerms(Runs runs, Records records, Duration timeout, Set<String> keptHeaders, ApplicationCalls calls,
		RunListener listener) {

}
