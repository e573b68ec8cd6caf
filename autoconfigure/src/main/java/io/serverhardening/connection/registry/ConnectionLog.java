package io.serverhardening.connection.registry;

import java.util.List;
import java.util.function.Consumer;
import java.util.stream.Collectors;

import io.serverhardening.internal.AggregatedLog;
import io.serverhardening.internal.AggregatedLog.Counted;
import io.serverhardening.internal.channel.CloseReason;
import reactor.core.scheduler.Scheduler;

/**
 * The lines that are written about connections, one a second at most.
 */
final class ConnectionLog implements AutoCloseable {

	private static final String PREFIX = "server.hardening.";

	private final AggregatedLog<String> log;

	/**
	 * Create the log.
	 * @param scheduler writes the log, off the event loops
	 * @param lines where lines go
	 */
	ConnectionLog(Scheduler scheduler, Consumer<String> lines) {
		this.log = new AggregatedLog<>(scheduler, ConnectionLog::line, lines);
	}

	private static String line(List<Counted<String>> counted) {
		return counted.stream()
			.map((entry) -> entry.kind().replace("{}", Long.toString(entry.count())))
			.collect(Collectors.joining("; "));
	}

	/**
	 * A connection has ended.
	 * @param reason why
	 */
	void closed(CloseReason reason) {
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

	/**
	 * A connection has been refused.
	 * @param reason why
	 */
	void refused(CloseReason reason) {
		this.log.add("Refused {} connections (" + reason.code() + see(reason) + ")");
	}

	/**
	 * A connection has been let in that the mode would have had refused.
	 * @param reason why
	 */
	void wouldRefuse(CloseReason reason) {
		this.log.add("Would have refused (mode: observe) {} connections (" + reason.code() + see(reason) + ")");
	}

	/**
	 * A connection is ended for which no guard speaks.
	 * @param reason why
	 */
	void unguarded(CloseReason reason) {
		this.log.add("Closed {} connections (" + reason.code() + see(reason) + ")");
	}

	/**
	 * A stream of HTTP/2 has been reset.
	 * @param fault what its client did
	 */
	void streamReset(StreamFault fault) {
		if (fault != StreamFault.STREAM_CLOSED && fault != StreamFault.REFUSED_STREAM) {
			// Those two may have been on their way when the stream ended.
			this.log.add("Reset {} HTTP/2 streams (" + fault.code() + ")");
		}
	}

	/**
	 * A message has been refused that the codec had let pass.
	 * @param fault what is wrong with it
	 */
	void malformed(HeadFault fault) {
		this.log.add("Refused {} malformed messages (" + fault.code()
				+ (fault.always() ? ")" : ", see " + PREFIX + "request.strict)"));
	}

	/**
	 * A connection could not be accepted.
	 * @param cause what the system says
	 */
	void acceptFailed(Throwable cause) {
		this.log.add("Could not accept connections {} times (" + cause.getMessage()
				+ "): the process has no file descriptors left, lower " + PREFIX + CloseReason.MAX_OPEN.property()
				+ " or raise the limit (ulimit -n)");
	}

	/**
	 * Write what has been counted since the last line.
	 */
	@Override
	public void close() {
		this.log.close();
	}

}
