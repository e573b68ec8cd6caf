package io.serverhardening.internal.channel;

import io.netty.channel.Channel;
import io.netty.channel.ChannelOutboundBuffer;
import io.netty.channel.socket.SocketChannel;
import io.netty.handler.codec.http2.DefaultHttp2ResetFrame;
import io.netty.handler.codec.http2.Http2Error;
import io.netty.handler.codec.http2.Http2StreamChannel;
import org.jspecify.annotations.Nullable;
import reactor.core.scheduler.Scheduler;
import reactor.core.scheduler.Schedulers;
import reactor.netty.channel.AbortedException;
import reactor.netty.channel.ChannelOperations;
import reactor.netty.http.server.HttpServerResponse;

import org.springframework.http.HttpStatusCode;
import org.springframework.http.server.reactive.ServerHttpRequest;
import org.springframework.http.server.reactive.ServerHttpRequestDecorator;
import org.springframework.util.ClassUtils;
import org.springframework.web.server.ServerWebExchange;

/**
 * The Reactor Netty channel that a request came on: the connection for HTTP/1.1, the
 * stream for HTTP/2.
 */
public final class RequestChannel {

	private static final boolean NETTY = ClassUtils.isPresent("reactor.netty.channel.ChannelOperations",
			RequestChannel.class.getClassLoader());

	private RequestChannel() {
	}

	/**
	 * Whether Reactor Netty is on the classpath at all.
	 * @return {@code false} where no request can have a channel
	 */
	public static boolean isPresent() {
		return NETTY;
	}

	/**
	 * Find the operations of a request.
	 * @param request the request, possibly decorated
	 * @return the operations, or {@code null} on another server or in a mock environment
	 */
	public static @Nullable ChannelOperations<?, ?> operations(ServerHttpRequest request) {
		if (!NETTY) {
			return null;
		}
		try {
			Object nativeRequest = ServerHttpRequestDecorator.getNativeRequest(request);
			return (nativeRequest instanceof ChannelOperations<?, ?> operations) ? operations : null;
		}
		catch (IllegalStateException | IllegalArgumentException ex) {
			// Mock requests have no native request, and say so by throwing.
			return null;
		}
	}

	/**
	 * Whether a request has an event loop of its own.
	 * @param request the request, possibly decorated
	 * @return {@code false} on another server or in a mock environment
	 */
	public static boolean isOn(ServerHttpRequest request) {
		return NETTY && operations(request) != null;
	}

	/**
	 * Return where a request is at home.
	 * @param request the request, possibly decorated
	 * @return its event loop; the parallel threads on another server
	 */
	public static Scheduler home(ServerHttpRequest request) {
		ChannelOperations<?, ?> operations = operations(request);
		return (operations != null) ? Schedulers.fromExecutor(operations.channel().eventLoop()) : Schedulers.parallel();
	}

	/**
	 * Run something where a request is at home: at once on its event loop and where it
	 * has none, or none any more.
	 * @param request the request, possibly decorated
	 * @param action what to do
	 */
	public static void run(ServerHttpRequest request, Runnable action) {
		ChannelOperations<?, ?> operations = operations(request);
		Channel channel = (operations != null) ? operations.channel() : null;
		if (channel == null || !channel.isRegistered() || channel.eventLoop().inEventLoop()) {
			action.run();
		}
		else {
			channel.eventLoop().execute(action);
		}
	}

	/**
	 * Whether an error says nothing but that the client has left.
	 * @param request the request
	 * @param error the error
	 * @return {@code true} if nobody waits for an answer, and none was asked for
	 */
	public static boolean isDisconnect(ServerHttpRequest request, Throwable error) {
		if (!NETTY) {
			return false;
		}
		ChannelOperations<?, ?> operations = operations(request);
		if (operations == null || operations.channel().isActive()) {
			return false;
		}
		if (operations.channel().isRegistered() && AbortedException.isConnectionReset(error)) {
			// As the channel throws it. What fails after that may be of the application's
			// own connections.
			return true;
		}
		for (Throwable cause = error; cause != null; cause = cause.getCause()) {
			if (cause instanceof AbortedException) {
				return true;
			}
		}
		return false;
	}

	/**
	 * Whether the kernel has all that was written. Half of an answer is no goodbye: its
	 * rest would fail as an error of the server's.
	 * @param channel the connection
	 * @return {@code true} if nothing waits
	 */
	public static boolean isAllSent(Channel channel) {
		ChannelOutboundBuffer unsent = channel.unsafe().outboundBuffer();
		return unsent == null || unsent.isEmpty();
	}

	/**
	 * End a response that has begun so that the client cannot take it for complete: RST
	 * for the connection on HTTP/1.1, RST_STREAM for this stream alone on HTTP/2. The
	 * closing channel then cancels the request.
	 * @param request the request
	 * @return {@code false} if the request has no channel
	 */
	public static boolean reset(ServerHttpRequest request) {
		if (!NETTY) {
			return false;
		}
		ChannelOperations<?, ?> operations = operations(request);
		if (operations == null) {
			return false;
		}
		Channel channel = operations.channel();
		if (!channel.isRegistered()) {
			// Terminated: there is nothing left to reset.
			return true;
		}
		if (channel.eventLoop().inEventLoop()) {
			reset(channel);
		}
		else {
			channel.eventLoop().execute(() -> {
				// Terminated meanwhile, they name another: this one may be at its next
				// request.
				if (operations.channel() == channel) {
					reset(channel);
				}
			});
		}
		return true;
	}

	/**
	 * Whether the server has let go of the handler of a request, as it does with an
	 * answer of one piece: it cancels it no more.
	 * @param request the request
	 * @return {@code false} if the request has no channel
	 */
	public static boolean isLetGo(ServerHttpRequest request) {
		ChannelOperations<?, ?> operations = operations(request);
		return operations != null && operations.isSubscriptionDisposed();
	}

	/**
	 * Run something when nothing more will happen on the channel for a request.
	 * @param request the request
	 * @param action what to do, never done where the request has no channel
	 */
	public static void onTerminate(ServerHttpRequest request, Runnable action) {
		ChannelOperations<?, ?> operations = operations(request);
		if (operations != null) {
			operations.onTerminate().subscribe(null, (error) -> action.run(), action);
		}
	}

	/**
	 * Whether the server takes the head of a response for sent. It may be on its way.
	 * @param request the request
	 * @return {@code false} if the request has no channel
	 */
	public static boolean isTakenForSent(ServerHttpRequest request) {
		return operations(request) instanceof HttpServerResponse response && response.hasSentHeaders();
	}

	/**
	 * Whether another status went to the client than the response carries now. The answer
	 * to HEAD is committed later, and is not in question.
	 * @param exchange the exchange
	 * @return {@code true} if someone else committed the response
	 */
	public static boolean sentOtherStatus(ServerWebExchange exchange) {
		if (!NETTY || !(operations(exchange.getRequest()) instanceof HttpServerResponse response)) {
			return false;
		}
		HttpStatusCode status = exchange.getResponse().getStatusCode();
		return status != null && exchange.getResponse().isCommitted() && status.value() != response.status().code();
	}

	/**
	 * End what travels on a channel, as {@link #reset(ServerHttpRequest)} does. On the
	 * channel's event loop only.
	 * @param channel the channel
	 */
	@SuppressWarnings("FutureReturnValueIgnored")
	public static void reset(Channel channel) {
		if (channel instanceof Http2StreamChannel) {
			channel.writeAndFlush(new DefaultHttp2ResetFrame(Http2Error.INTERNAL_ERROR));
			return;
		}
		Wire wire = Wire.of(channel);
		if (wire != null) {
			wire.closing(CloseReason.RESPONSE_ABORTED);
		}
		if (channel instanceof SocketChannel socket && socket.isActive()) {
			// Linger 0 turns the close into a reset.
			socket.config().setSoLinger(0);
		}
		// Past the TLS handler, which would first wait for room to say goodbye.
		channel.unsafe().close(channel.voidPromise());
	}

}
