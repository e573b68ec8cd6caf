package io.serverhardening.autoconfigure.server;

import java.time.Duration;
import java.util.Objects;
import java.util.function.Consumer;

import io.serverhardening.connection.SocketGuard;
import org.jspecify.annotations.Nullable;
import reactor.netty.http.Http2SettingsSpec;
import reactor.netty.http.server.HttpServer;

/**
 * What Reactor Netty does by itself once it is told. Apart from the settings: a bean
 * whose methods name its types cannot be made where it is missing.
 */
final class NettySettings {

	/** Netty's own, set so that nobody has to know it. */
	private static final int MAX_RESETS = 200;

	private static final int RESETS_SECONDS = 30;

	/** Reactor Netty cannot be told to have none again. */
	private static final Duration NO_IDLE_TIMEOUT = Duration.ofDays(365);

	private NettySettings() {
	}

	/**
	 * Set on a server what Reactor Netty does by itself.
	 * @param server the server, with everything set on it that others set
	 * @param settings what to set
	 * @return the server
	 */
	static HttpServer applyTo(HttpServer server, ConnectionSettings settings) {
		HttpServer result = server;
		if (!settings.maxRequests().isNone()) {
			result = result.maxKeepAliveRequests(settings.maxRequests().count());
		}
		if (settings.hasBootIdleTimeout()) {
			// Ours is as long, and knows a request's head from idleness.
			result = result.idleTimeout(NO_IDLE_TIMEOUT);
		}
		Http2SettingsSpec http2 = server.configuration().http2SettingsSpec();
		return result.http2Settings((builder) -> limitResets(http2, builder));
	}

	// A builder begins empty: what others have set is carried over.
	private static void limitResets(@Nullable Http2SettingsSpec present, Http2SettingsSpec.Builder builder) {
		Integer decoded = null;
		Integer decodedSeconds = null;
		// Those that the codec writes are counted by whose fault they are.
		builder.maxEncodedRstFramesPerWindow(SocketGuard.RESETS_LIMITED_HERE, RESETS_SECONDS);
		if (present != null) {
			carryOver(present, builder);
			decoded = present.maxDecodedRstFramesPerWindow();
			decodedSeconds = present.maxDecodedRstFramesSecondsPerWindow();
		}
		builder.maxDecodedRstFramesPerWindow(Objects.requireNonNullElse(decoded, MAX_RESETS),
				Objects.requireNonNullElse(decodedSeconds, RESETS_SECONDS));
	}

	private static void carryOver(Http2SettingsSpec present, Http2SettingsSpec.Builder builder) {
		builder.maxHeaderListSize(present.maxHeaderListSize());
		ifSet(present.connectProtocolEnabled(), builder::connectProtocolEnabled);
		ifSet(present.headerTableSize(), builder::headerTableSize);
		ifSet(present.initialWindowSize(), builder::initialWindowSize);
		ifSet(present.maxConcurrentStreams(), builder::maxConcurrentStreams);
		ifSet(present.maxFrameSize(), builder::maxFrameSize);
		ifSet(present.maxStreams(), builder::maxStreams);
		ifSet(present.pingAckTimeout(), builder::pingAckTimeout);
		if (present.pingAckTimeout() != null) {
			builder.pingAckDropThreshold(present.pingAckDropThreshold());
		}
		if (present.maxEncodedRstFramesPerWindow() != null && present.maxEncodedRstFramesSecondsPerWindow() != null) {
			builder.maxEncodedRstFramesPerWindow(present.maxEncodedRstFramesPerWindow(),
					present.maxEncodedRstFramesSecondsPerWindow());
		}
	}

	private static <T> void ifSet(@Nullable T value, Consumer<T> setter) {
		if (value != null) {
			setter.accept(value);
		}
	}

}
