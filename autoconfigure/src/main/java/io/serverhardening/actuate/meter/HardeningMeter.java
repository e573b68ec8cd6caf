package io.serverhardening.actuate.meter;

import java.util.List;

/**
 * Every meter of the starter, with its tags. No tag takes its values from a request.
 */
public enum HardeningMeter {

	/**
	 * Requests refused, or that would have been: {@code guard}, {@code route},
	 * {@code reason}, {@code outcome} ({@code refused} or {@code observed}).
	 */
	REJECTIONS("server.hardening.rejections", "Requests refused by a guard, or that would have been", "guard", "route",
			"reason", "outcome"),

	/**
	 * Requests that have ended: {@code route}, {@code outcome} ({@code completed},
	 * {@code failed}, {@code timed-out}, {@code cancelled}, {@code refused} or
	 * {@code upgraded}).
	 */
	REQUESTS("server.hardening.requests", "Requests that have ended, by how they ended", "route", "outcome"),

	/**
	 * Requests being handled: {@code route}.
	 */
	REQUESTS_ACTIVE("server.hardening.requests.active", "Requests being handled", "route"),

	/**
	 * Forwarding headers that were not believed: {@code reason} ({@code untrusted} or
	 * {@code contradictory}).
	 */
	FORWARDED_IGNORED("server.hardening.client.forwarded.ignored", "Forwarding headers that were not believed",
			"reason"),

	/**
	 * Open connections: {@code state} ({@code new}, {@code idle}, {@code head},
	 * {@code body}, {@code handling}, {@code writing}, {@code upgraded} or
	 * {@code closing}).
	 */
	CONNECTIONS("server.hardening.connections", "Open connections by what they are doing", "state"),

	/**
	 * Connections let in.
	 */
	CONNECTIONS_ACCEPTED("server.hardening.connections.accepted", "Connections let in"),

	/**
	 * Connections that ended or were not let in: {@code reason}, {@code outcome}
	 * ({@code observed} for those that would not have been let in, else {@code refused}).
	 */
	CONNECTIONS_CLOSED("server.hardening.connections.closed", "Connections that ended, by the reason", "reason",
			"outcome"),

	/**
	 * HTTP/2 streams that were reset for what their client did: {@code reason}
	 * ({@code protocol-error}, {@code flow-control-error}, {@code stream-closed},
	 * {@code frame-size-error}, {@code refused-stream} or {@code enhance-your-calm}).
	 */
	STREAMS_RESET("server.hardening.connections.streams.reset", "HTTP/2 streams reset for what their client did",
			"reason"),

	/**
	 * Connections that could not be accepted for want of file descriptors.
	 */
	ACCEPT_FAILURES("server.hardening.connections.accept.failures",
			"Connections that could not be accepted for want of file descriptors"),

	/**
	 * Bytes on connections: {@code direction} ({@code in} or {@code out}).
	 */
	BYTES("server.hardening.connections.bytes", "Bytes on connections, without TLS", "direction"),

	/**
	 * TLS handshakes: {@code protocol} ({@code TLSv1.3}, {@code TLSv1.2} or
	 * {@code other}), {@code outcome} ({@code success}, {@code failed} or
	 * {@code timed-out}).
	 */
	HANDSHAKES("server.hardening.connections.handshakes", "TLS handshakes by protocol and outcome", "protocol",
			"outcome"),

	/**
	 * Clients that have a rate limit of their own: {@code limit}, the id of a route or
	 * {@code default}.
	 */
	RATE_LIMIT_KEYS("server.hardening.ratelimit.keys", "Clients that have a rate limit of their own", "limit"),

	/**
	 * Requests of clients for which there was no room, counted together: {@code limit}.
	 */
	RATE_LIMIT_OVERFLOW("server.hardening.ratelimit.overflow",
			"Requests of clients for which there was no room, counted together", "limit"),

	/**
	 * Pushes: {@code source}, {@code outcome} ({@code accepted}, {@code proved} for a
	 * sender that had the address proved to it, or the reason of a refusal).
	 */
	WEBHOOK_PUSHES("server.hardening.webhook.pushes", "Pushes by what became of them", "source", "outcome"),

	/**
	 * What has happened to messages: {@code route}, {@code event}.
	 */
	DEDUPLICATION_EVENTS("server.hardening.deduplication.events", "What has happened to messages", "route", "event"),

	/**
	 * Handlers of messages that are running: {@code route}.
	 */
	DEDUPLICATION_RUNNING("server.hardening.deduplication.running",
			"Handlers of messages that are running, also for nobody any more", "route"),

	/**
	 * Copies that wait for the first of their message: {@code route}.
	 */
	DEDUPLICATION_WAITING("server.hardening.deduplication.waiting", "Copies that wait for the first of their message",
			"route"),

	/**
	 * Messages that are remembered in this process: {@code route}.
	 */
	DEDUPLICATION_RECORDS("server.hardening.deduplication.records", "Messages that are remembered in this process",
			"route"),

	/**
	 * Steps of the store: {@code route}. A timer.
	 */
	DEDUPLICATION_STORE("server.hardening.deduplication.store", "Steps of the store", "route"),

	/**
	 * Steps that the store refused, or did not answer in time: {@code route}.
	 */
	DEDUPLICATION_STORE_FAILURES("server.hardening.deduplication.store.failures",
			"Steps that the store refused, or did not answer in time", "route"),

	/**
	 * Whether the store answers: {@code route}; 1 or 0.
	 */
	DEDUPLICATION_STORE_UP("server.hardening.deduplication.store.up", "Whether the store answers", "route"),

	/**
	 * How late an event loop came to its tick: {@code loop}.
	 */
	LOOP_LAG("server.hardening.watchdog.lag", "How late an event loop is", "loop");

	private final String meterName;

	private final String description;

	/** Never changed: Error Prone does not see it in the type. */
	@SuppressWarnings("ImmutableEnumChecker")
	private final List<String> tags;

	HardeningMeter(String meterName, String description, String... tags) {
		this.meterName = meterName;
		this.description = description;
		this.tags = List.of(tags);
	}

	/**
	 * Return the name of the meter.
	 * @return lowercase words joined by dots
	 */
	public String meterName() {
		return this.meterName;
	}

	/**
	 * Return what the meter counts.
	 * @return one line
	 */
	public String description() {
		return this.description;
	}

	/**
	 * Return by what the meter is told apart.
	 * @return the keys of its tags
	 */
	public List<String> tags() {
		return this.tags;
	}

}
