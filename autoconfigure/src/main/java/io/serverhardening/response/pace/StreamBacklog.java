package io.serverhardening.response.pace;

import io.netty.channel.Channel;
import io.netty.handler.codec.http2.Http2Connection;
import io.netty.handler.codec.http2.Http2FrameCodec;
import io.netty.handler.codec.http2.Http2RemoteFlowController;
import org.jspecify.annotations.Nullable;

/**
 * What flows out of an HTTP/2 connection: what waits in its socket, and what waits in its
 * streams for the window of the connection.
 */
public final class StreamBacklog implements Outflow {

	private final Outflow socket;

	private final Channel channel;

	private @Nullable WritePace pace;

	private boolean streamsWait;

	public StreamBacklog(Outflow socket, Channel channel) {
		this.socket = socket;
		this.channel = channel;
	}

	/**
	 * Say who watches it.
	 * @param pace the pace of the connection
	 */
	public void watchedBy(WritePace pace) {
		this.pace = pace;
	}

	/**
	 * A stream is opened: its response is not to be paced by the limits of settings
	 * before those that it begins with.
	 * @param limits the limits in force
	 */
	public void opened(WriteLimits limits) {
		if (this.pace != null) {
			this.pace.unguarded(limits);
		}
	}

	/**
	 * A stream waits, and not for its own window.
	 */
	void waiting() {
		this.streamsWait = true;
		writing();
	}

	void writing() {
		if (this.pace != null) {
			this.pace.writing(false);
		}
	}

	@Override
	public long taken() {
		return this.socket.taken();
	}

	@Override
	public long unanswered() {
		return this.socket.unanswered();
	}

	@Override
	public long unsent() {
		long unsent = this.socket.unsent();
		boolean blocked = this.streamsWait && isWindowClosed();
		this.streamsWait = false;
		return (unsent == 0 && blocked) ? 1 : unsent;
	}

	@Override
	public boolean isDone() {
		return this.socket.isDone();
	}

	private boolean isWindowClosed() {
		Http2FrameCodec codec = this.channel.pipeline().get(Http2FrameCodec.class);
		if (codec == null) {
			return false;
		}
		Http2Connection connection = codec.connection();
		Http2RemoteFlowController flow = connection.remote().flowController();
		return flow.windowSize(connection.connectionStream()) <= 0;
	}

}
