package io.serverhardening.deduplication.memory;

import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import java.util.function.Supplier;

import io.serverhardening.deduplication.record.Answer;
import io.serverhardening.deduplication.record.Claim;
import io.serverhardening.deduplication.record.ClaimRequest;
import io.serverhardening.deduplication.record.MessageRecord;
import io.serverhardening.deduplication.record.RecordStore;
import io.serverhardening.deduplication.record.Settlement;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

/**
 * Remembers messages in this process. At the cap the record that was settled longest ago
 * goes first; where all are being processed, newcomers find it full.
 * <p>
 * Every step takes the same lock, for a few map operations and never longer: nothing in
 * it waits, calls out, or depends on how many records there are.
 */
public final class MemoryRecordStore implements RecordStore {

	/** How much is kept of answers, all together. */
	private static final long MAX_BYTES = 64L * 1024 * 1024;

	private final ReentrantLock lock = new ReentrantLock();

	private final MessageTable table;

	private final Outbox outbox;

	private final FreeMessages free;

	private final LongSupplier time;

	private volatile Consumer<String> listener = (id) -> {
	};

	private volatile boolean used;

	/**
	 * Create the store.
	 * @param maxRecords how many messages are remembered at most
	 * @param time the clock, milliseconds
	 */
	public MemoryRecordStore(int maxRecords, LongSupplier time) {
		this(maxRecords, MAX_BYTES, time);
	}

	MemoryRecordStore(int maxRecords, long maxBytes, LongSupplier time) {
		this.table = new MessageTable(maxRecords, maxBytes);
		this.outbox = new Outbox(this, this.table);
		this.free = new FreeMessages(this, this.table, time);
		this.time = time;
	}

	private void use() {
		if (!this.used) {
			this.used = true;
		}
	}

	<T extends @Nullable Object> T locked(Supplier<T> step) {
		this.lock.lock();
		try {
			return step.get();
		}
		finally {
			this.lock.unlock();
		}
	}

	/**
	 * Take another limit.
	 * @param maxRecords how many messages are remembered at most
	 */
	public void maxRecords(int maxRecords) {
		locked(() -> this.table.maxRecords(maxRecords));
	}

	@Override
	public Mono<Claim> claim(ClaimRequest request) {
		return Mono.fromSupplier(() -> claimNow(request));
	}

	/**
	 * Ask for a message.
	 * @param request who asks for what
	 * @return whether it is granted
	 */
	public Claim claimNow(ClaimRequest request) {
		use();
		this.lock.lock();
		try {
			return this.table.claim(request, now());
		}
		finally {
			this.lock.unlock();
		}
	}

	@Override
	public Mono<Boolean> renew(ClaimRequest request, long token) {
		return Mono.fromSupplier(() -> {
			use();
			return locked(() -> this.table.renew(request, token, now()));
		});
	}

	@Override
	public Mono<Boolean> settle(ClaimRequest request, long token, Settlement settlement) {
		return Mono.fromSupplier(() -> settleNow(request, token, settlement));
	}

	/**
	 * Say how a run has ended.
	 * @param request what was granted
	 * @param token the token of the claim
	 * @param settlement how it ended
	 * @return {@code false} if it belongs to another owner by now, or there is no room
	 */
	public boolean settleNow(ClaimRequest request, long token, Settlement settlement) {
		boolean done = settleLocked(request, token, settlement);
		if (done) {
			this.listener.accept(request.id());
		}
		return done;
	}

	private boolean settleLocked(ClaimRequest request, long token, Settlement settlement) {
		use();
		Answer answer = settlement.answer();
		byte[] encoded = (answer != null) ? answer.encode() : null;
		this.lock.lock();
		try {
			return this.table.settle(request, token, settlement, encoded, now());
		}
		finally {
			this.lock.unlock();
		}
	}

	@Override
	public Mono<MessageRecord> find(String id) {
		return Mono.fromSupplier(() -> locked(() -> this.table.find(id, now())));
	}

	@Override
	public void onSettled(Consumer<String> listener) {
		this.listener = listener;
	}

	/**
	 * Look whether a message that another store is asked for is known here.
	 * @param request the wish
	 * @return {@link Claim.Outcome#REPLAY} or {@link Claim.Outcome#BUSY} where it is,
	 * {@code null} where the other store has to be asked
	 */
	public @Nullable Claim known(ClaimRequest request) {
		return locked(() -> this.table.known(request, now()));
	}

	/**
	 * Whether a message is being processed here.
	 * @param request what was granted
	 * @return {@code true} if it was granted by this store
	 */
	public boolean holds(ClaimRequest request) {
		return locked(() -> this.table.holds(request));
	}

	/**
	 * Forget a message that runs here, and is somebody else's by now.
	 * @param request what was granted
	 */
	public void giveUp(ClaimRequest request) {
		locked(() -> this.table.giveUp(request));
		this.listener.accept(request.id());
	}

	/**
	 * Return what was answered here, for another store.
	 * @return the answers
	 */
	public Outbox outbox() {
		return this.outbox;
	}

	/**
	 * Return the messages that have failed or were given up here.
	 * @return the messages
	 */
	public FreeMessages free() {
		return this.free;
	}

	/**
	 * Whether there has ever been anything to remember.
	 * @return {@code false} where looking is in vain
	 */
	public boolean isUsed() {
		return this.used;
	}

	long now() {
		return this.time.getAsLong();
	}

	/**
	 * Return how many messages are remembered.
	 * @return how many
	 */
	public int size() {
		return locked(() -> this.table.size(now()));
	}

	/**
	 * Forget all messages whose time is over, a few at a time.
	 * @return how many are left
	 */
	public int sweep() {
		int left = size();
		for (int before = left + 1; left < before;) {
			before = left;
			left = size();
		}
		return left;
	}

	/**
	 * Return how many messages are being processed.
	 * @return how many
	 */
	public int processing() {
		return locked(this.table::processing);
	}

	/**
	 * Return how many messages were forgotten before their time.
	 * @return how many
	 */
	public long evicted() {
		return locked(this.table::evicted);
	}

}
