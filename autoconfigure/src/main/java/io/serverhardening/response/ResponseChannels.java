package io.serverhardening.response;

import java.util.function.LongSupplier;

import io.netty.channel.Channel;
import io.netty.handler.codec.http2.Http2StreamChannel;
import io.netty.util.AttributeKey;
import io.serverhardening.Mode;
import io.serverhardening.internal.channel.Wire;
import io.serverhardening.response.pace.Outflow;
import io.serverhardening.response.pace.SocketOutflow;
import io.serverhardening.response.pace.StreamBacklog;
import io.serverhardening.response.pace.StreamWrites;
import io.serverhardening.response.pace.WriteLimits;
import io.serverhardening.response.pace.WritePace;
import io.serverhardening.response.pace.WritePolicy;
import org.jspecify.annotations.Nullable;
import reactor.netty.Connection;
import reactor.netty.ConnectionObserver;

/**
 * Has every channel of a server that carries requests watched by the response clocks:
 * HTTP/1.1 connections and HTTP/2 streams alike. Registered with
 * {@code HttpServer.childObserve}.
 */
public final class ResponseChannels implements ConnectionObserver {

	private static final AttributeKey<StreamBacklog> BACKLOG = AttributeKey.valueOf(ResponseChannels.class, "backlog");

	private final LongSupplier time;

	private final String propertyPrefix;

	private volatile WriteLimits unguarded;

	/**
	 * Create the observer.
	 * @param time the clock, nanoseconds
	 * @param policy how fast the clients of requests that no guard sees have to read,
	 * such as those of a management server
	 * @param mode whether that is enforced
	 * @param propertyPrefix the prefix of the properties that an operator would change
	 */
	public ResponseChannels(LongSupplier time, WritePolicy policy, Mode mode, String propertyPrefix) {
		this.time = time;
		this.propertyPrefix = propertyPrefix;
		this.unguarded = new WriteLimits(policy, "none", mode, propertyPrefix);
	}

	/**
	 * Take another policy, for channels that are opened from now on; the connection of an
	 * HTTP/2 stream takes it with the stream.
	 * @param policy how fast the clients of requests that no guard sees have to read
	 * @param mode whether that is enforced
	 */
	public void apply(WritePolicy policy, Mode mode) {
		this.unguarded = new WriteLimits(policy, "none", mode, this.propertyPrefix);
	}

	@Override
	public void onStateChange(Connection connection, State state) {
		if (state == State.CONFIGURED && ChannelProgress.of(connection.channel()) == null) {
			Channel channel = connection.channel();
			new ChannelProgress(channel, this.time, pace(channel)).install();
		}
	}

	private @Nullable WritePace pace(Channel channel) {
		Wire wire = Wire.of(channel);
		if (wire == null) {
			return null;
		}
		Outflow outflow = (channel instanceof Http2StreamChannel stream)
				? new StreamWrites(stream, backlog(stream.parent(), wire)) : new SocketOutflow(wire, channel);
		return new WritePace(channel, outflow, this.unguarded, wire.clock());
	}

	// One for all streams of a connection, by the limits of the last that was opened: as
	// on HTTP/1.1, a connection lives through many settings, and a response does not.
	private StreamBacklog backlog(Channel connection, Wire wire) {
		StreamBacklog backlog = connection.attr(BACKLOG).get();
		if (backlog == null) {
			backlog = new StreamBacklog(new SocketOutflow(wire, connection), connection);
			backlog.watchedBy(new WritePace(connection, backlog, this.unguarded, wire.clock()));
			connection.attr(BACKLOG).set(backlog);
		}
		else {
			backlog.opened(this.unguarded);
		}
		return backlog;
	}

}
