package io.serverhardening.autoconfigure.message;

import io.serverhardening.deduplication.record.RecordStore;
import io.serverhardening.deduplication.record.StoreGate;
import org.jspecify.annotations.Nullable;

import org.springframework.aop.framework.AopInfrastructureBean;

/**
 * Gives the records that all instances share, where there are any.
 */
@FunctionalInterface
public interface SharedRecords extends AopInfrastructureBean {

	/**
	 * Return the store, connecting to it when it is first asked for.
	 * @return the store, or {@code null} where the application has none
	 */
	@Nullable Store store();

	/**
	 * A store.
	 *
	 * @param records the records
	 * @param gate tells whether it answers
	 */
	record Store(RecordStore records, StoreGate gate) {

	}

}
