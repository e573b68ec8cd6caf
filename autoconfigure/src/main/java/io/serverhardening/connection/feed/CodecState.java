package io.serverhardening.connection.feed;

import io.netty.buffer.ByteBuf;

/**
 * Who knows what the codec is at.
 */
interface CodecState {

	/**
	 * Whether nothing is decoded any more.
	 * @return {@code true} if what still comes is thrown away
	 */
	boolean isLeaving();

	/**
	 * The codec is about to be given bytes.
	 * @param part the bytes, which are left as they are
	 */
	void reads(ByteBuf part);

	/**
	 * Whether the body of a request is being decoded.
	 * @return {@code true} until it is complete
	 */
	boolean isInBody();

}
