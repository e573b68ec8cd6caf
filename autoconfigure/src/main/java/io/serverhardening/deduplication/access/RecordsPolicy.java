package io.serverhardening.deduplication.access;

import java.time.Duration;

import io.serverhardening.deduplication.record.ClaimTerms;
import io.serverhardening.deduplication.record.OnStoreFailure;

/**
 * What may change of how the records of a route are reached.
 *
 * @param terms on what terms messages are claimed
 * @param onFailure what happens when the store does not answer
 * @param storeTimeout how long a step of the store may take
 * @param maxRecords how many messages are remembered in this process
 */
public record RecordsPolicy(ClaimTerms terms, OnStoreFailure onFailure, Duration storeTimeout, int maxRecords) {

}
