package io.serverhardening.connection.registry;

import java.util.EnumMap;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Consumer;
import java.util.function.ToLongFunction;
import java.util.stream.Collectors;

import io.serverhardening.connection.timeline.ConnectionState;
import io.serverhardening.internal.channel.CloseReason;
import io.serverhardening.internal.time.LoopClock;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import reactor.core.scheduler.Scheduler;

import org.springframework.aop.framework.AopInfrastructureBean;

/**
 * Every open connection, and what became of the others.
 */
public final class Connections implements AutoCloseable, AopInfrastructureBean {

	private static final Log logger = LogFactory.getLog(Connections.class);

	/** As many as there are open connections, which have a cap of their own. */
	private final Set<OpenConnection> open = ConcurrentHashMap.newKeySet();

	private final LongAdder accepted = new LongAdder();

	private final LongAdder acceptFailures = new LongAdder();

	private final Counters<CloseReason> closed = new Counters<>(CloseReason.class);

	private final Counters<CloseReason> observed = new Counters<>(CloseReason.class);

	private final Counters<StreamFault> streamFaults = new Counters<>(StreamFault.class);

	private final Map<HeadFault, LongAdder> malformed = new ConcurrentHashMap<>();

	private final Map<Handshake, LongAdder> handshakes = new ConcurrentHashMap<>();

	private final Map<LoopClock, LoopTraffic> traffic = new ConcurrentHashMap<>();

	private final ConnectionLog log;

	/**
	 * Create the registry.
	 * @param scheduler writes the log, off the event loops
	 */
	public Connections(Scheduler scheduler) {
		this(scheduler, logger::warn);
	}

	/**
	 * Create the registry.
	 * @param scheduler writes the log, off the event loops
	 * @param lines where lines of the log go
	 */
	public Connections(Scheduler scheduler, Consumer<String> lines) {
		this.log = new ConnectionLog(scheduler, lines);
	}

	public LoopTraffic opened(OpenConnection connection, LoopClock clock) {
		this.accepted.increment();
		this.open.add(connection);
		return this.traffic.computeIfAbsent(clock, (key) -> new LoopTraffic());
	}

	public void closed(OpenConnection connection, CloseReason reason) {
		this.open.remove(connection);
		this.closed.increment(reason);
		if (logger.isDebugEnabled()) {
			logger.debug("Connection ended (" + reason.code() + "): " + connection);
		}
		this.log.closed(reason);
	}

	public void refused(CloseReason reason) {
		this.closed.increment(reason);
		this.log.refused(reason);
	}

	public void wouldRefuse(CloseReason reason) {
		this.observed.increment(reason);
		this.log.wouldRefuse(reason);
	}

	public void unguarded(CloseReason reason) {
		this.log.unguarded(reason);
	}

	public void streamReset(StreamFault fault) {
		this.streamFaults.increment(fault);
		this.log.streamReset(fault);
	}

	public void malformed(HeadFault fault) {
		this.malformed.computeIfAbsent(fault, (key) -> new LongAdder()).increment();
		this.log.malformed(fault);
	}

	public void acceptFailed(Throwable cause) {
		this.acceptFailures.increment();
		this.log.acceptFailed(cause);
	}

	public void handshake(Handshake handshake) {
		this.handshakes.computeIfAbsent(handshake, (key) -> new LongAdder()).increment();
	}

	/**
	 * Return how many connections are open.
	 * @return the number
	 */
	public int openCount() {
		return this.open.size();
	}

	/**
	 * Return how many connections are in a state.
	 * @param state the state
	 * @return the number, of a moment ago
	 */
	public long count(ConnectionState state) {
		return this.open.stream().filter((connection) -> connection.state() == state).count();
	}

	/**
	 * Return how many connections are in each state.
	 * @return the numbers, of a moment ago, in the order of the states
	 */
	public Map<ConnectionState, Integer> countByState() {
		Map<ConnectionState, Integer> counts = new EnumMap<>(ConnectionState.class);
		for (ConnectionState state : ConnectionState.values()) {
			counts.put(state, 0);
		}
		this.open.forEach((connection) -> counts.merge(connection.state(), 1, Integer::sum));
		return counts;
	}

	/**
	 * Return how many connections have been let in.
	 * @return the number since the start
	 */
	public long acceptedCount() {
		return this.accepted.sum();
	}

	/**
	 * Return how often a connection could not be accepted, for want of file descriptors.
	 * @return the number since the start
	 */
	public long acceptFailureCount() {
		return this.acceptFailures.sum();
	}

	/**
	 * Return how many connections ended for a reason.
	 * @param reason the reason
	 * @return the number since the start
	 */
	public long closedCount(CloseReason reason) {
		return this.closed.sum(reason);
	}

	/**
	 * Return how many connections would have been refused, had the mode not let them in.
	 * @param reason the reason
	 * @return the number since the start
	 */
	public long observedCount(CloseReason reason) {
		return this.observed.sum(reason);
	}

	/**
	 * Return how many HTTP/2 streams were reset for what their client did.
	 * @param fault what it did
	 * @return the number since the start
	 */
	public long streamResetCount(StreamFault fault) {
		return this.streamFaults.sum(fault);
	}

	/**
	 * Return the messages that were refused although the codec had let them pass.
	 * @return their number by what was wrong with them
	 */
	public Map<String, Long> malformed() {
		Map<String, Long> counts = new TreeMap<>();
		this.malformed.forEach((fault, count) -> counts.put(fault.code(), count.sum()));
		return counts;
	}

	/**
	 * Return the TLS handshakes that have ended.
	 * @return their number by protocol and outcome
	 */
	public Map<Handshake, Long> handshakes() {
		return this.handshakes.entrySet()
			.stream()
			.collect(Collectors.toMap(Map.Entry::getKey, (entry) -> entry.getValue().sum()));
	}

	/**
	 * Return how many TLS handshakes of a kind have ended.
	 * @param handshake the kind
	 * @return the number since the start
	 */
	public long handshakeCount(Handshake handshake) {
		LongAdder count = this.handshakes.get(handshake);
		return (count != null) ? count.sum() : 0;
	}

	/**
	 * Return how many bytes have come in.
	 * @return the number since the start, after decryption
	 */
	public long bytesRead() {
		return sumTraffic((traffic) -> traffic.read());
	}

	/**
	 * Return how many bytes have gone out.
	 * @return the number since the start, before encryption
	 */
	public long bytesWritten() {
		return sumTraffic((traffic) -> traffic.written());
	}

	private long sumTraffic(ToLongFunction<LoopTraffic> bytes) {
		return this.traffic.values().stream().mapToLong(bytes).sum();
	}

	/**
	 * Write what has been counted since the last line of the log.
	 */
	@Override
	public void close() {
		this.log.close();
	}

}
