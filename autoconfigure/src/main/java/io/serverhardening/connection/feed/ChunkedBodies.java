package io.serverhardening.connection.http1;

import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.serverhardening.connection.registry.Connections;
import io.serverhardening.connection.registry.HeadFault;
import org.jspecify.annotations.Nullable;

/**
 * Follows the chunked bodies of a connection, and has one refused whose sizes are none.
 */
final class ChunkedBodies {

	private final Channel channel;

	private final Connections connections;

	/** Made for the first chunked body. */
	private @Nullable ChunkSizes sizes;

	ChunkedBodies(Channel channel, Connections connections) {
		this.channel = channel;
		this.connections = connections;
	}

	/**
	 * A body begins.
	 * @param present what has come of it, or {@code null} if nothing has
	 * @return {@code false} if it begins with what is no size
	 */
	boolean begin(@Nullable ByteBuf present) {
		ChunkSizes sizes = (this.sizes != null) ? this.sizes : new ChunkSizes();
		this.sizes = sizes;
		sizes.begin();
		return present == null || sizes.look(present);
	}

	/**
	 * The codec is about to be given bytes.
	 * @param part the bytes, which are left as they are
	 */
	void read(ByteBuf part) {
		if (this.sizes != null && !this.sizes.look(part)) {
			HttpMessages messages = this.channel.pipeline().get(HttpMessages.class);
			if (messages != null) {
				this.connections.malformed(HeadFault.CHUNK_SIZE);
				messages.refuseBody(this.channel.pipeline().context(messages));
			}
		}
	}

}
