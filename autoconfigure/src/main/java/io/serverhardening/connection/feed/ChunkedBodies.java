package io.serverhardening.connection.feed;

import io.netty.buffer.ByteBuf;
import org.jspecify.annotations.Nullable;

/**
 * Follows the chunked bodies of a connection, and has one refused whose sizes are none.
 */
final class ChunkedBodies {

	private final Runnable refusal;

	/** Made for the first chunked body. */
	private @Nullable ChunkSizes sizes;

	/**
	 * Create the watch.
	 * @param refusal refuses the body that is being decoded
	 */
	ChunkedBodies(Runnable refusal) {
		this.refusal = refusal;
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
			this.refusal.run();
		}
	}

}
