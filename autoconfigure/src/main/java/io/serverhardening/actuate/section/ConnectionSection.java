package io.serverhardening.actuate.section;

import java.lang.management.ManagementFactory;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Supplier;
import java.util.function.ToLongFunction;

import com.sun.management.UnixOperatingSystemMXBean;
import io.serverhardening.actuate.HardeningSection;
import io.serverhardening.connection.registry.Connections;
import io.serverhardening.connection.timeline.ConnectionPolicy;
import io.serverhardening.internal.channel.CloseReason;
import io.serverhardening.response.body.PacedResponses;

/**
 * The connections of the server: how many do what, and why the others ended.
 */
public final class ConnectionSection implements HardeningSection {

	private final Supplier<ConnectionPolicy> policy;

	private final Connections connections;

	/**
	 * Create the section.
	 * @param policy the caps and clocks in force
	 * @param connections the connections
	 */
	public ConnectionSection(Supplier<ConnectionPolicy> policy, Connections connections) {
		this.policy = policy;
		this.connections = connections;
	}

	@Override
	public String name() {
		return "connection";
	}

	@Override
	public Object describe() {
		Map<String, Object> result = new LinkedHashMap<>();
		result.put("open", this.connections.openCount());
		Map<String, Object> states = new LinkedHashMap<>();
		this.connections.countByState().forEach((state, count) -> states.put(state.code(), count));
		result.put("states", states);
		result.put("limits", limits());
		result.put("accepted", this.connections.acceptedCount());
		result.put("closed", nonZero(this.connections::closedCount));
		result.put("observed", nonZero(this.connections::observedCount));
		result.put("malformed", this.connections.malformed());
		result.put("bytesRead", this.connections.bytesRead());
		result.put("bytesWritten", this.connections.bytesWritten());
		Map<String, Object> handshakes = new TreeMap<>();
		this.connections.handshakes()
			.forEach((handshake, count) -> handshakes.put(handshake.protocol() + " " + handshake.outcome(), count));
		result.put("handshakes", handshakes);
		result.put("fileDescriptors", fileDescriptors());
		return result;
	}

	private Map<String, Object> limits() {
		Map<String, Object> limits = new LinkedHashMap<>();
		ConnectionPolicy policy = this.policy.get();
		limits.put("mode", policy.mode().name().toLowerCase(Locale.ROOT));
		limits.put("maxOpen", policy.maxOpen().toString());
		limits.put("maxOpenPerClient", policy.maxOpenPerClient().toString());
		limits.put("handshakeTimeout", policy.handshakeTimeout().toString());
		limits.put("headerTimeout", policy.headerTimeout().toString());
		limits.put("idleTimeout", policy.idleTimeout().toString());
		limits.put("upgradedIdleTimeout", policy.upgradedIdleTimeout().toString());
		limits.put("strict", policy.strict());
		limits.put("maxPipelined", policy.maxPipelined().toString());
		limits.put("maxUnsent", PacedResponses.MAX_UNSENT);
		return limits;
	}

	private static Map<String, Object> nonZero(ToLongFunction<CloseReason> counts) {
		Map<String, Object> result = new LinkedHashMap<>();
		for (CloseReason reason : CloseReason.values()) {
			long count = counts.applyAsLong(reason);
			if (count > 0) {
				result.put(reason.code(), count);
			}
		}
		return result;
	}

	private Map<String, Object> fileDescriptors() {
		Map<String, Object> result = new LinkedHashMap<>();
		if (ManagementFactory.getOperatingSystemMXBean() instanceof UnixOperatingSystemMXBean system) {
			result.put("open", system.getOpenFileDescriptorCount());
			result.put("max", system.getMaxFileDescriptorCount());
		}
		result.put("acceptFailures", this.connections.acceptFailureCount());
		return result;
	}

}
