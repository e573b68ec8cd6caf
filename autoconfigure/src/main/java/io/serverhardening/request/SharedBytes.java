package io.serverhardening.request;

import io.netty.buffer.ByteBuf;
import io.netty.handler.codec.http.HttpContent;

/**
 * Parts of bodies that share a buffer, and the count of who has it, with what the codec
 * still has of it. Spring releases what was read of a body that is given up once for each
 * operator that would: reading it has one, and so has writing the answer that is made of
 * it.
 * <p>
 * A part with a count of its own is gone after the first release: a slice of the pool of
 * Netty 4.1, a part of HTTP/2. A slice of Netty 4.2 has the count of its buffer: the
 * second release frees that under the codec, and another connection reads into it.
 */
final class SharedBytes {

	private SharedBytes() {
	}

	/**
	 * Give a part a count of its own, if it has none.
	 * @param content the part
	 * @return the part, which its last release gives back, and no other
	 */
	static HttpContent counted(HttpContent content) {
		ByteBuf bytes = content.content();
		if (bytes.refCnt() <= 1 || !bytes.isReadable()) {
			return content;
		}
		// No limit: what is sent on is added to the first, and would be copied for each.
		return content.replace(bytes.alloc().compositeBuffer(Integer.MAX_VALUE).addComponent(true, bytes));
	}

}
