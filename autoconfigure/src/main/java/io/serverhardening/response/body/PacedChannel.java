package io.serverhardening.response.body;

import io.netty.channel.Channel;
import io.netty.util.AttributeKey;
import org.jspecify.annotations.Nullable;

/**
 * A channel for which bodies are produced as fast as it takes them.
 */
public interface PacedChannel {

	/**
	 * Where a channel has it.
	 */
	AttributeKey<PacedChannel> KEY = AttributeKey.valueOf(PacedChannel.class, "paced");

	/**
	 * Find that of a channel.
	 * @param channel an HTTP/1.1 connection or an HTTP/2 stream
	 * @return the paced channel, or {@code null} if it is not watched
	 */
	static @Nullable PacedChannel of(Channel channel) {
		return channel.attr(KEY).get();
	}

	/**
	 * Return the channel.
	 * @return an HTTP/1.1 connection or an HTTP/2 stream
	 */
	Channel channel();

	/**
	 * Have a body that is about to be produced told when the channel becomes writable.
	 * @param producer the body
	 */
	void producer(PacedBody<?> producer);

}
