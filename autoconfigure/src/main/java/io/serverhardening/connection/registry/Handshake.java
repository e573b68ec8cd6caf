package io.serverhardening.connection.registry;

import java.util.List;
import java.util.Set;
import java.util.stream.Stream;

/**
 * A kind of TLS handshake.
 *
 * @param protocol the version of TLS, {@code other} for all but two, and where it came to
 * none
 * @param outcome {@code success}, {@code failed} or {@code timed-out}
 */
public record Handshake(String protocol, String outcome) {

	/**
	 * One that came to an end, and to no TLS.
	 */
	public static final Handshake FAILED = new Handshake("other", "failed");

	/**
	 * One that came to no end in time.
	 */
	public static final Handshake TIMED_OUT = new Handshake("other", "timed-out");

	private static final Set<String> PROTOCOLS = Set.of("TLSv1.3", "TLSv1.2", "other");

	public static Handshake success(String protocol) {
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
