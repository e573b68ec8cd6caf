package io.serverhardening.connection.http1;

import java.util.Base64;
import java.util.List;
import java.util.Locale;

import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.handler.codec.DecoderResult;
import io.netty.handler.codec.http.DefaultHttpRequest;
import io.netty.handler.codec.http.FullHttpRequest;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpServerUpgradeHandler;
import io.netty.handler.codec.http.LastHttpContent;
import io.serverhardening.connection.registry.HeadFault;
import io.serverhardening.connection.timeline.ConnectionPolicy;

/**
 * Stands in front of Netty's upgrade to HTTP/2 and lets it see no other request than one
 * that may be upgraded. It would take every request that asks for any protocol together
 * with its body, refuse those bodies, and write its answers at once: also before those of
 * requests that came earlier.
 */
public final class UpgradeGuard extends ChannelInboundHandlerAdapter {

	private static final String NAME = "serverHardeningUpgrade";

	private static final String LAST = "serverHardeningAfterTheEnd";

	private static final String H2C = "h2c";

	private static final String SETTINGS = "HTTP2-Settings";

	private static final int SETTING = 6;

	private static final int ENABLE_PUSH = 2;

	private static final int INITIAL_WINDOW_SIZE = 4;

	private static final int MAX_FRAME_SIZE = 5;

	private static final int SMALLEST_FRAME_SIZE = 1 << 14;

	private static final int LARGEST_FRAME_SIZE = (1 << 24) - 1;

	private final PipelinedConnection connection;

	private final boolean strict;

	private UpgradeGuard(PipelinedConnection connection, boolean strict) {
		this.connection = connection;
		this.strict = strict;
	}

	/**
	 * Guard a connection that may become one of HTTP/2.
	 * @param channel the connection
	 * @param connection who knows what is under way
	 * @param policy how strict to be
	 */
	public static void install(Channel channel, PipelinedConnection connection, ConnectionPolicy policy) {
		ChannelHandlerContext upgrades = channel.pipeline().context(HttpServerUpgradeHandler.class);
		if (upgrades != null) {
			channel.pipeline().addBefore(upgrades.name(), NAME, new UpgradeGuard(connection, policy.strict()));
			channel.pipeline().addLast(LAST, new AfterTheEnd());
		}
	}

	@Override
	public void channelRead(ChannelHandlerContext context, Object message) {
		if (message instanceof HttpRequest request && request.headers().contains(HttpHeaderNames.UPGRADE)
				&& !mayUpgrade(request)) {
			ChannelHandlerContext upgrades = context.pipeline().context(HttpServerUpgradeHandler.class);
			if (upgrades != null) {
				upgrades.fireChannelRead(message);
				return;
			}
		}
		context.fireChannelRead(message);
	}

	private boolean mayUpgrade(HttpRequest request) {
		HttpHeaders headers = request.headers();
		if (request.decoderResult().isFailure() || this.connection.outstanding() > 0 || StrictHead.hasBody(headers)
				|| !headers.get(HttpHeaderNames.UPGRADE, "").toLowerCase(Locale.ROOT).contains(H2C)
				|| StrictHead.fault(request, this.strict) != null) {
			return false;
		}
		List<String> settings = headers.getAll(SETTINGS);
		if (settings.isEmpty()) {
			return false;
		}
		if (settings.size() > 1 || !isValid(settings.get(0))) {
			this.connection.malformed(HeadFault.HTTP2_SETTINGS);
			request.setDecoderResult(DecoderResult.failure(new IllegalArgumentException(SETTINGS)));
			return false;
		}
		return true;
	}

	// The payload of a SETTINGS frame (RFC 7540, 3.2.1).
	static boolean isValid(String settings) {
		byte[] payload;
		try {
			payload = Base64.getUrlDecoder().decode(settings);
		}
		catch (IllegalArgumentException ex) {
			return false;
		}
		if (payload.length % SETTING != 0) {
			return false;
		}
		for (int i = 0; i < payload.length; i += SETTING) {
			int id = ((payload[i] & 0xff) << 8) | (payload[i + 1] & 0xff);
			long value = ((payload[i + 2] & 0xffL) << 24) | ((payload[i + 3] & 0xff) << 16)
					| ((payload[i + 4] & 0xff) << 8) | (payload[i + 5] & 0xff);
			if (!isValid(id, value)) {
				return false;
			}
		}
		return true;
	}

	private static boolean isValid(int id, long value) {
		return switch (id) {
			case ENABLE_PUSH -> value <= 1;
			case INITIAL_WINDOW_SIZE -> value <= Integer.MAX_VALUE;
			case MAX_FRAME_SIZE -> value >= SMALLEST_FRAME_SIZE && value <= LARGEST_FRAME_SIZE;
			default -> true;
		};
	}

	/**
	 * Pass on a request that Netty's upgrade to HTTP/2 has put together, without a body,
	 * and may decline. Reactor Netty has it wait behind an answer that is not flushed,
	 * and forgets to release it there when the connection ends.
	 * @param context who is next
	 * @param request the request
	 */
	static void divide(ChannelHandlerContext context, FullHttpRequest request) {
		HttpRequest head = new DefaultHttpRequest(request.protocolVersion(), request.method(), request.uri(),
				request.headers());
		request.release();
		context.fireChannelRead(head);
		context.fireChannelRead(LastHttpContent.EMPTY_LAST_CONTENT);
	}

	/**
	 * Drops what fails because the client has left in the midst of an upgrade: Netty goes
	 * on with it, and writes each of its failures to the log with a stack.
	 */
	private static final class AfterTheEnd extends ChannelInboundHandlerAdapter {

		@Override
		public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
			if (context.channel().isActive()) {
				context.fireExceptionCaught(cause);
			}
		}

	}

}
