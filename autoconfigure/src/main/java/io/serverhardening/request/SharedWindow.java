package io.serverhardening.request;

import io.netty.channel.Channel;
import io.netty.handler.codec.http2.Http2Connection;
import io.netty.handler.codec.http2.Http2FrameCodec;
import io.netty.handler.codec.http2.Http2StreamChannel;

/**
 * The window that the bodies of all streams of an HTTP/2 connection share. Where those
 * that nobody has read yet fill it, the clients of the others have to wait.
 */
final class SharedWindow {

	/**
	 * As much as a client sends at once. While all that came has been read, there is room
	 * for more than this.
	 */
	private static final int FRAME = 16 * 1024;

	private SharedWindow() {
	}

	/**
	 * Whether a client may send.
	 * @param channel the channel of its request
	 * @return {@code true} if there is room, and always on HTTP/1.1
	 */
	static boolean isOpen(Channel channel) {
		Http2FrameCodec codec = (channel instanceof Http2StreamChannel)
				? channel.parent().pipeline().get(Http2FrameCodec.class) : null;
		if (codec == null) {
			return true;
		}
		Http2Connection connection = codec.connection();
		return connection.local().flowController().windowSize(connection.connectionStream()) >= FRAME;
	}

}
