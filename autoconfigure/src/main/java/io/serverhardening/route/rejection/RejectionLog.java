package io.serverhardening.route.rejection;

import java.util.List;
import java.util.function.Consumer;
import java.util.stream.Collectors;

import io.serverhardening.MessageClaim;
import io.serverhardening.Rejection;
import io.serverhardening.Rejection.Outcome;
import io.serverhardening.RejectionListener;
import io.serverhardening.internal.AggregatedLog;
import io.serverhardening.internal.AggregatedLog.Counted;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;
import reactor.core.scheduler.Scheduler;

import org.springframework.aop.framework.AopInfrastructureBean;
import org.springframework.web.server.ServerWebExchange;

/**
 * Logs refusals, one line a second at most. A line names guard, route, count and the
 * property to change.
 */
public final class RejectionLog implements RejectionListener, AutoCloseable, AopInfrastructureBean {

	/** What one line lists; the rest is summed up. */
	private static final int MAX_LISTED = 5;

	private final AggregatedLog<Kind> log;

	/**
	 * Create the log.
	 * @param scheduler writes the lines, off the event loops
	 */
	public RejectionLog(Scheduler scheduler) {
		this(scheduler, lines(LogFactory.getLog(RejectionLog.class)));
	}

	RejectionLog(Scheduler scheduler, Consumer<String> lines) {
		this.log = new AggregatedLog<>(scheduler, RejectionLog::line, lines);
	}

	private static Consumer<String> lines(Log logger) {
		return logger::warn;
	}

	@Override
	public void onRejection(ServerWebExchange exchange, Rejection rejection, Outcome outcome) {
		this.log.add(new Kind(rejection.guard(), rejection.route(), rejection.reason().code(), rejection.property(),
				outcome), message(exchange));
	}

	private static @Nullable String message(ServerWebExchange exchange) {
		String key = exchange.getAttribute(MessageClaim.KEY_ATTRIBUTE);
		return (key != null) ? "message " + key : null;
	}

	private static String line(List<Counted<Kind>> counted) {
		String refused = part(counted, "Refused", Outcome.REFUSED);
		String observed = part(counted, "Would have refused (mode: observe)", Outcome.OBSERVED);
		return refused + ((refused.isEmpty() || observed.isEmpty()) ? "" : "; ") + observed;
	}

	private static String part(List<Counted<Kind>> all, String verb, Outcome outcome) {
		List<Counted<Kind>> counted = all.stream().filter((entry) -> entry.kind().outcome() == outcome).toList();
		if (counted.isEmpty()) {
			return "";
		}
		long total = counted.stream().mapToLong(Counted::count).sum();
		String listed = counted.stream()
			.limit(MAX_LISTED)
			.map((entry) -> entry.count() + " by " + entry.kind() + entry.suchAs())
			.collect(Collectors.joining(", "));
		String more = (counted.size() > MAX_LISTED) ? ", and " + (counted.size() - MAX_LISTED) + " more kinds" : "";
		return verb + " " + total + ((total == 1) ? " request: " : " requests: ") + listed + more;
	}

	/**
	 * Write what has been counted since the last line.
	 */
	@Override
	public void close() {
		this.log.close();
	}

	/**
	 * What refusals have in common that share an entry.
	 *
	 * @param guard the guard
	 * @param route the route
	 * @param reason the reason's code
	 * @param property the property to change
	 * @param outcome whether they were carried out
	 */
	private record Kind(String guard, String route, String reason, @Nullable String property, Outcome outcome) {

		@Override
		public String toString() {
			String see = (this.property != null) ? ", see " + this.property : "";
			return this.guard + " on route " + this.route + " (" + this.reason + see + ")";
		}

	}

}
