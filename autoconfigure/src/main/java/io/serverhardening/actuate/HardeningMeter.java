package io.serverhardening.actuate;

/**
 * Every meter of the starter, with its tags. No tag takes its values from a request.
 */
public enum HardeningMeter {

	/**
	 * Requests refused, or that would have been: {@code guard}, {@code route},
	 * {@code reason}, {@code outcome} ({@code refused} or {@code observed}).
	 */
	REJECTIONS("server.hardening.rejections", "Requests refused by a guard, or that would have been"),

	/**
	 * Requests that have ended: {@code route}, {@code outcome} ({@code completed},
	 * {@code failed}, {@code timed-out}, {@code cancelled} or {@code refused}).
	 */
	REQUESTS("server.hardening.requests", "Requests that have ended, by how they ended"),

	/**
	 * Requests being handled: {@code route}.
	 */
	REQUESTS_ACTIVE("server.hardening.requests.active", "Requests being handled"),

	/**
	 * Forwarding headers that were not believed: {@code reason} ({@code untrusted} or
	 * {@code contradictory}).
	 */
	FORWARDED_IGNORED("server.hardening.client.forwarded.ignored", "Forwarding headers that were not believed"),

	/**
	 * Open connections: {@code state} ({@code new}, {@code idle}, {@code head},
	 * {@code body}, {@code handling}, {@code writing}, {@code upgraded} or
	 * {@code closing}).
	 */
	CONNECTIONS("server.hardening.connections", "Open connections by what they are doing"),

	/**
	 * Connections let in.
	 */
	CONNECTIONS_ACCEPTED("server.hardening.connections.accepted", "Connections let in"),

	/**
	 * Connections that ended or were not let in: {@code reason}, {@code outcome}
	 * ({@code observed} for those that would not have been let in, else {@code refused}).
	 */
	CONNECTIONS_CLOSED("server.hardening.connections.closed", "Connections that ended, by the reason"),

	/**
	 * HTTP/2 streams that were reset for what their client did: {@code reason}
	 * ({@code protocol-error}, {@code flow-control-error}, {@code stream-closed},
	 * {@code frame-size-error}, {@code refused-stream} or {@code enhance-your-calm}).
	 */
	STREAMS_RESET("server.hardening.connections.streams.reset", "HTTP/2 streams reset for what their client did"),

	/**
	 * Connections that could not be accepted for want of file descriptors.
	 */
	ACCEPT_FAILURES("server.hardening.connections.accept.failures",
			"Connections that could not be accepted for want of file descriptors"),

	/**
	 * Bytes on connections: {@code direction} ({@code in} or {@code out}).
	 */
	BYTES("server.hardening.connections.bytes", "Bytes on connections, without TLS"),

	/**
	 * TLS handshakes: {@code protocol} ({@code TLSv1.3}, {@code TLSv1.2} or
	 * {@code other}), {@code outcome} ({@code success}, {@code failed} or
	 * {@code timed-out}).
	 */
	HANDSHAKES("server.hardening.connections.handshakes", "TLS handshakes by protocol and outcome"),

	/**
	 * Clients that have a rate limit of their own: {@code limit}, the id of a route or
	 * {@code default}.
	 */
	RATE_LIMIT_KEYS("server.hardening.ratelimit.keys", "Clients that have a rate limit of their own"),

	/**
	 * Requests of clients for which there was no room, counted together: {@code limit}.
	 */
	RATE_LIMIT_OVERFLOW("server.hardening.ratelimit.overflow",
			"Requests of clients for which there was no room, counted together"),

	/**
	 * Pushes: {@code source}, {@code outcome} ({@code accepted}, {@code proved} for a
	 * sender that had the address proved to it, or the reason of a refusal).
	 */
	WEBHOOK_PUSHES("server.hardening.webhook.pushes", "Pushes by what became of them"),

	/**
	 * What has happened to messages: {@code route}, {@code event}.
	 */
	DEDUPLICATION_EVENTS("server.hardening.deduplication.events", "What has happened to messages"),

	/**
	 * Handlers of messages that are running: {@code route}.
	 */
	DEDUPLICATION_RUNNING("server.hardening.deduplication.running",
			"Handlers of messages that are running, also for nobody any more"),

	/**
	 * Copies that wait for the first of their message: {@code route}.
	 */
	DEDUPLICATION_WAITING("server.hardening.deduplication.waiting", "Copies that wait for the first of their message"),

	/**
	 * Messages that are remembered in this process: {@code route}.
	 */
	DEDUPLICATION_RECORDS("server.hardening.deduplication.records", "Messages that are remembered in this process"),

	/**
	 * Steps of the store: {@code route}. A timer.
	 */
	DEDUPLICATION_STORE("server.hardening.deduplication.store", "Steps of the store"),

	/**
	 * Steps that the store refused, or did not answer in time: {@code route}.
	 */
	DEDUPLICATION_STORE_FAILURES("server.hardening.deduplication.store.failures",
			"Steps that the store refused, or did not answer in time"),

	/**
	 * Whether the store answers: {@code route}; 1 or 0.
	 */
	DEDUPLICATION_STORE_UP("server.hardening.deduplication.store.up", "Whether the store answers"),

	/**
	 * How late an event loop came to its tick: {@code loop}.
	 */
	LOOP_LAG("server.hardening.watchdog.lag", "How late an event loop is");

	private final String meterName;

	private final String description;

	HardeningMeter(String meterName, String description) {
		this.meterName = meterName;
		this.description = description;
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

}
