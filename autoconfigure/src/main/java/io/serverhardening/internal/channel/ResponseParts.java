package io.serverhardening.internal.channel;

import io.netty.buffer.ByteBuf;
import io.netty.handler.codec.http.DefaultFullHttpResponse;
import io.netty.handler.codec.http.DefaultHttpResponse;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpStatusClass;
import io.netty.handler.codec.http.LastHttpContent;
import org.jspecify.annotations.Nullable;

/**
 * Tells what is written on a channel apart. By class first, as Reactor Netty does:
 * testing one class for several interfaces from several threads has them fight for a
 * cache line (JDK-8180450).
 */
public final class ResponseParts {

	private ResponseParts() {
	}

	/**
	 * Return the head of a response.
	 * @param message what is written
	 * @return the head, {@code null} if this is none; informational ones (1xx) count
	 */
	public static @Nullable HttpResponse head(Object message) {
		Class<?> type = message.getClass();
		if (type == DefaultFullHttpResponse.class || type == DefaultHttpResponse.class) {
			return (HttpResponse) message;
		}
		if (message == LastHttpContent.EMPTY_LAST_CONTENT || message instanceof ByteBuf) {
			return null;
		}
		return (message instanceof HttpResponse response) ? response : null;
	}

	/**
	 * Whether nothing of the response follows.
	 * @param message what is written
	 * @return {@code true} for the last part of a final response
	 */
	public static boolean isLast(Object message) {
		if (message.getClass() == DefaultFullHttpResponse.class) {
			return !isInformational((DefaultFullHttpResponse) message);
		}
		if (message == LastHttpContent.EMPTY_LAST_CONTENT) {
			return true;
		}
		return !(message instanceof ByteBuf) && message instanceof LastHttpContent
				&& !(message instanceof HttpResponse response && isInformational(response));
	}

	/**
	 * Whether the response proper is still to come, such as after 100 (Continue). 101
	 * (Switching Protocols) is the last that there is.
	 * @param message what is written
	 * @return {@code true} for the head of an interim response
	 */
	public static boolean isInterim(Object message) {
		HttpResponse head = head(message);
		return head != null && isInformational(head)
				&& head.status().code() != HttpResponseStatus.SWITCHING_PROTOCOLS.code();
	}

	/**
	 * Whether another response follows this one.
	 * @param response the head
	 * @return {@code true} for 1xx
	 */
	public static boolean isInformational(HttpResponse response) {
		return response.status().codeClass() == HttpStatusClass.INFORMATIONAL;
	}

}
