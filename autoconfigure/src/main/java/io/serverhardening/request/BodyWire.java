package io.serverhardening.request;

import io.netty.channel.Channel;
import io.netty.channel.ChannelDuplexHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.http.HttpContent;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.util.ReferenceCountUtil;
import reactor.netty.NettyPipeline;

/**
 * The body as it came, where a decompressor of the application's stands before
 * {@link RequestBody}: the pace of a client is that of its own bytes, and what belongs to
 * a request that has been refused is not decompressed any more.
 */
final class BodyWire extends ChannelDuplexHandler {

	/** With this prefix Reactor Netty puts what the application adds behind it. */
	private static final String NAME = NettyPipeline.LEFT + "serverHardeningWire";

	private final IncomingBody body;

	private BodyWire(IncomingBody body) {
		this.body = body;
	}

	/**
	 * Watch a channel, as soon as a body comes on it that may be decompressed.
	 * @param channel the channel
	 * @param body whom to tell
	 */
	static void install(Channel channel, IncomingBody body) {
		channel.pipeline().addAfter(NettyPipeline.HttpTrafficHandler, NAME, new BodyWire(body));
	}

	@Override
	public void channelRead(ChannelHandlerContext context, Object message) {
		if (message instanceof HttpContent content
				&& !this.body.came(content.content().readableBytes(), message instanceof LastHttpContent)) {
			ReferenceCountUtil.release(message);
		}
		else {
			context.fireChannelRead(message);
		}
	}

	@Override
	public void read(ChannelHandlerContext context) {
		this.body.reading(true);
		context.read();
	}

	@Override
	public void channelReadComplete(ChannelHandlerContext context) {
		this.body.reading(false);
		context.fireChannelReadComplete();
	}

}
