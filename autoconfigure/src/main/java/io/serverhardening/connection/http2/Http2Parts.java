package io.serverhardening.connection.http2;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.Unpooled;
import io.netty.handler.codec.http2.DefaultHttp2DataFrame;

/**
 * Keeps the bodies of streams apart. The codec cuts the DATA frames of all streams out of
 * what it read from the socket at once, and they share its reference count. Spring
 * releases a part that is discarded as often as operators discard parts around it, and
 * relies on the count of the part to know that it is gone. On a shared count that frees
 * the bytes of other streams while these are read, or written over.
 */
final class Http2Parts {

	private Http2Parts() {
	}

	/**
	 * Give a part of a body a reference count of its own.
	 * @param frame the part, which is used up
	 * @param allocator where buffers come from
	 * @return the same bytes
	 */
	static DefaultHttp2DataFrame apart(DefaultHttp2DataFrame frame, ByteBufAllocator allocator) {
		return new DefaultHttp2DataFrame(apart(frame.content(), allocator), frame.isEndStream(), frame.padding())
			.stream(frame.stream());
	}

	// Not a slice: whether it has a count of its own depends on what it is a slice of,
	// and one that has is used again, by others, once it is released. The codec adds
	// what is sent on to the first of it, and a limit would have all copied for each.
	private static ByteBuf apart(ByteBuf content, ByteBufAllocator allocator) {
		if (content.isReadable()) {
			return allocator.compositeBuffer(Integer.MAX_VALUE).addComponent(true, content);
		}
		content.release();
		return Unpooled.EMPTY_BUFFER;
	}

}
