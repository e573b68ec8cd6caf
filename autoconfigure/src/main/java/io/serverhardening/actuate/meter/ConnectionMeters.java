package io.serverhardening.actuate.meter;

import java.util.function.ToDoubleFunction;

import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.binder.MeterBinder;
import io.serverhardening.connection.registry.Connections;
import io.serverhardening.connection.registry.Handshake;
import io.serverhardening.connection.registry.StreamFault;
import io.serverhardening.connection.timeline.ConnectionState;
import io.serverhardening.internal.channel.CloseReason;

import org.springframework.aop.framework.AopInfrastructureBean;

/**
 * Shows what connections do, why they end, and what they carry.
 */
public final class ConnectionMeters implements MeterBinder, AopInfrastructureBean {

	private final Connections connections;

	/**
	 * Create the meters.
	 * @param connections the connections
	 */
	public ConnectionMeters(Connections connections) {
		this.connections = connections;
	}

	@Override
	public void bindTo(MeterRegistry registry) {
		for (ConnectionState state : ConnectionState.values()) {
			Gauge.builder(HardeningMeter.CONNECTIONS.meterName(), this.connections, (open) -> open.count(state))
				.description(HardeningMeter.CONNECTIONS.description())
				.tag("state", state.code())
				.register(registry);
		}
		for (CloseReason reason : CloseReason.values()) {
			count(registry, HardeningMeter.CONNECTIONS_CLOSED, Tags.of("reason", reason.code(), "outcome", "refused"),
					(all) -> all.closedCount(reason));
		}
		for (CloseReason reason : new CloseReason[] { CloseReason.MAX_OPEN, CloseReason.MAX_OPEN_PER_CLIENT }) {
			count(registry, HardeningMeter.CONNECTIONS_CLOSED, Tags.of("reason", reason.code(), "outcome", "observed"),
					(all) -> all.observedCount(reason));
		}
		count(registry, HardeningMeter.CONNECTIONS_ACCEPTED, Tags.empty(), Connections::acceptedCount);
		count(registry, HardeningMeter.ACCEPT_FAILURES, Tags.empty(), Connections::acceptFailureCount);
		count(registry, HardeningMeter.BYTES, Tags.of("direction", "in"), Connections::bytesRead);
		count(registry, HardeningMeter.BYTES, Tags.of("direction", "out"), Connections::bytesWritten);
		for (StreamFault fault : StreamFault.values()) {
			count(registry, HardeningMeter.STREAMS_RESET, Tags.of("reason", fault.code()),
					(all) -> all.streamResetCount(fault));
		}
		for (Handshake handshake : Handshake.all()) {
			count(registry, HardeningMeter.HANDSHAKES,
					Tags.of("protocol", handshake.protocol(), "outcome", handshake.outcome()),
					(all) -> all.handshakeCount(handshake));
		}
	}

	private void count(MeterRegistry registry, HardeningMeter meter, Tags tags, ToDoubleFunction<Connections> count) {
		FunctionCounter.builder(meter.meterName(), this.connections, count)
			.description(meter.description())
			.tags(tags)
			.register(registry);
	}

}
