package io.serverhardening.connection;

import io.netty.channel.Channel;
import io.serverhardening.connection.http1.UpgradeGuard;
import io.serverhardening.connection.registry.Connections;
import io.serverhardening.connection.timeline.ConnectionPolicy;
import io.serverhardening.internal.time.LoopClock;
import org.jspecify.annotations.Nullable;
import reactor.netty.NettyPipeline;

/**
 * Puts the handlers of a connection on its pipeline.
 */
final class ConnectionInstaller {

	private static final String NAME = "serverHardeningConnection";

	private ConnectionInstaller() {
	}

	/**
	 * Put the watch on a connection, in front of whichever codec it has.
	 * @param channel the connection, initialized
	 * @param connections where it is counted
	 * @param policy its clocks
	 * @param clock the clock of its event loop
	 * @param limitsResets whether resets of its streams are limited here
	 */
	static void install(Channel channel, Connections connections, ConnectionPolicy policy, LoopClock clock,
			boolean limitsResets) {
		boolean secured = channel.pipeline().get(NettyPipeline.SslHandler) != null;
		ConnectionHandler handler = new ConnectionHandler(channel, connections, policy, clock, secured, limitsResets);
		String codec = codec(channel);
		if (codec != null) {
			channel.pipeline().addBefore(codec, NAME, handler);
		}
		else {
			channel.pipeline().addFirst(NAME, handler);
		}
		handler.exchanges().install();
		UpgradeGuard.install(channel, handler.exchanges(), policy);
		TlsRecords.install(channel, handler);
	}

	private static @Nullable String codec(Channel channel) {
		for (String name : new String[] { NettyPipeline.H2OrHttp11Codec, NettyPipeline.H2CUpgradeHandler,
				NettyPipeline.HttpCodec }) {
			if (channel.pipeline().get(name) != null) {
				return name;
			}
		}
		return null;
	}

}
