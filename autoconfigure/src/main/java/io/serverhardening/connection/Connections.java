package io.serverhardening.connection;

import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLongArray;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Consumer;
import java.util.function.ToLongFunction;
import java.util.stream.Collectors;
import java.util.stream.Stream;

import io.serverhardening.internal.AggregatedLog;
import io.serverhardening.internal.AggregatedLog.Counted;
import io.serverhardening.internal.channel.CloseReason;
import io.serverhardening.internal.time.LoopClock;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import reactor.core.scheduler.Scheduler;

/**
 * Every open connection, and what became of the others.
 */
public final class Connections implements AutoCloseable {

	private static final Log logger = LogFactory.getLog(Connections.class);

	private static final String PREFIX = "server.hardening.";

	/** As many as there are open connections, which have a cap of their own. */
	private final Set<ConnectionHandler> open = ConcurrentHashMap.newKeySet();

	private final LongAdder accepted = new LongAdder();

	private final LongAdder acceptFailures = new LongAdder();

	private final Map<CloseReason, LongAdder> closed = counters();

	private final Map<CloseReason, LongAdder> observed = counters();

	private final Map<StreamFault, LongAdder> streamFaults = new EnumMap<>(StreamFault.class);

	private final Map<HeadFault, LongAdder> malformed = new ConcurrentHashMap<>();

	private final Map<Handshake, LongAdder> handshakes = new ConcurrentHashMap<>();

	private final Map<LoopClock, Traffic> traffic = new ConcurrentHashMap<>();

	private final AggregatedLog<String> log;

	/**
	 * Create the registry.
	 * @param scheduler writes the log, off the event loops
	 */
	public Connections(Scheduler scheduler) {
		this(scheduler, logger::warn);
	}

	Connections(Scheduler scheduler, Consumer<String> lines) {
		this.log = new AggregatedLog<>(scheduler, Connections::line, lines);
		for (StreamFault fault : StreamFault.values()) {
			this.streamFaults.put(fault, new LongAdder());
		}
	}

	private static Map<CloseReason, LongAdder> counters() {
		Map<CloseReason, LongAdder> counters = new EnumMap<>(CloseReason.class);
		for (CloseReason reason : CloseReason.values()) {
			counters.put(reason, new LongAdder());
		}
		return counters;
	}

	private static String line(List<Counted<String>> counted) {
		return counted.stream()
			.map((entry) -> entry.kind().replace("{}", Long.toString(entry.count())))
			.collect(Collectors.joining("; "));
	}

	Traffic opened(ConnectionHandler connection, LoopClock clock) {
		this.accepted.increment();
		this.open.add(connection);
		return this.traffic.computeIfAbsent(clock, (key) -> new Traffic());
	}

	void closed(ConnectionHandler connection, CloseReason reason) {
		this.open.remove(connection);
		count(this.closed, reason);
		if (logger.isDebugEnabled()) {
			logger.debug("Connection ended (" + reason.code() + "): " + connection);
		}
		if (isWorthALine(reason)) {
			this.log.add("Closed {} connections (" + reason.code() + see(reason) + ")");
		}
	}

	private static boolean isWorthALine(CloseReason reason) {
		return switch (reason) {
			case HANDSHAKE_TIMEOUT, HANDSHAKE_FAILED, HEADER_TIMEOUT, UPGRADED_IDLE_TIMEOUT, MALFORMED, UNREAD_BODY,
					HTTP2_FLOOD, HTTP2_ERROR ->
				true;
			// Guards speak for what they refuse, and the rest is ordinary.
			default -> false;
		};
	}

	private static String see(CloseReason reason) {
		return (reason.property() != null) ? ", see " + PREFIX + reason.property() : "";
	}

	void refused(CloseReason reason) {
		count(this.closed, reason);
		this.log.add("Refused {} connections (" + reason.code() + see(reason) + ")");
	}

	void wouldRefuse(CloseReason reason) {
		count(this.observed, reason);
		this.log.add("Would have refused (mode: observe) {} connections (" + reason.code() + see(reason) + ")");
	}

	void unguarded(CloseReason reason) {
		this.log.add("Closed {} connections (" + reason.code() + see(reason) + ")");
	}

	void streamReset(StreamFault fault) {
		LongAdder counter = this.streamFaults.get(fault);
		if (counter != null) {
			counter.increment();
		}
		if (fault != StreamFault.STREAM_CLOSED && fault != StreamFault.REFUSED_STREAM) {
			// Those two may have been on their way when the stream ended.
			this.log.add("Reset {} HTTP/2 streams (" + fault.code() + ")");
		}
	}

	void malformed(HeadFault fault) {
		this.malformed.computeIfAbsent(fault, (key) -> new LongAdder()).increment();
		this.log.add("Refused {} messages (" + fault.code()
				+ (fault.always() ? ")" : ", see " + PREFIX + "request.strict)"));
	}

	void acceptFailed(Throwable cause) {
		this.acceptFailures.increment();
		this.log.add("Could not accept {} times (" + cause.getMessage() + "): the process's file descriptors are used "
				+ "up; lower " + PREFIX + CloseReason.MAX_OPEN.property() + " or raise the limit (ulimit -n)");
	}

	void handshake(Handshake handshake) {
		this.handshakes.computeIfAbsent(handshake, (key) -> new LongAdder()).increment();
	}

	private static void count(Map<CloseReason, LongAdder> counters, CloseReason reason) {
		LongAdder counter = counters.get(reason);
		if (counter != null) {
			counter.increment();
		}
	}

	private static long sum(Map<CloseReason, LongAdder> counters, CloseReason reason) {
		LongAdder counter = counters.get(reason);
		return (counter != null) ? counter.sum() : 0;
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
		return sum(this.closed, reason);
	}

	/**
	 * Return how many connections would have been refused, had the mode not let them in.
	 * @param reason the reason
	 * @return the number since the start
	 */
	public long observedCount(CloseReason reason) {
		return sum(this.observed, reason);
	}

	/**
	 * Return how many HTTP/2 streams were reset for what their client did.
	 * @param fault what it did
	 * @return the number since the start
	 */
	public long streamResetCount(StreamFault fault) {
		LongAdder counter = this.streamFaults.get(fault);
		return (counter != null) ? counter.sum() : 0;
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

	private long sumTraffic(ToLongFunction<Traffic> bytes) {
		return this.traffic.values().stream().mapToLong(bytes).sum();
	}

	/**
	 * Write what has been counted since the last line of the log.
	 */
	@Override
	public void close() {
		this.log.close();
	}

	/**
	 * A kind of TLS handshake.
	 *
	 * @param protocol the version of TLS, {@code other} for all but two, and where it
	 * came to none
	 * @param outcome {@code success}, {@code failed} or {@code timed-out}
	 */
	public record Handshake(String protocol, String outcome) {

		static final Handshake FAILED = new Handshake("other", "failed");

		static final Handshake TIMED_OUT = new Handshake("other", "timed-out");

		private static final Set<String> PROTOCOLS = Set.of("TLSv1.3", "TLSv1.2", "other");

		static Handshake success(String protocol) {
			return new Handshake(PROTOCOLS.contains(protocol) ? protocol : "other", "success");
		}

		/**
		 * Return every kind that there can be.
		 * @return the kinds
		 */
		public static List<Handshake> all() {
			return Stream.concat(PROTOCOLS.stream().sorted().map(Handshake::success), Stream.of(FAILED, TIMED_OUT))
				.toList();
		}

	}

	/**
	 * Bytes on the connections of one event loop, which alone writes the numbers.
	 */
	static final class Traffic {

		/** Room for two lines of a cache, which processors fetch in pairs. */
		private static final int APART = 16;

		private static final int READ = APART;

		private static final int WRITTEN = APART + 1;

		/** The numbers of two loops on one line would be fought for at each request. */
		private final AtomicLongArray numbers = new AtomicLongArray(2 * APART + 2);

		void read(long bytes) {
			this.numbers.setOpaque(READ, this.numbers.getPlain(READ) + bytes);
		}

		void written(long bytes) {
			this.numbers.setOpaque(WRITTEN, this.numbers.getPlain(WRITTEN) + bytes);
		}

		long read() {
			return this.numbers.get(READ);
		}

		long written() {
			return this.numbers.get(WRITTEN);
		}

	}

}
