package io.serverhardening.connection.http1;

import io.netty.channel.ChannelDuplexHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelPromise;
import io.serverhardening.connection.feed.PipelineBrake;
import io.serverhardening.connection.registry.HeadFault;
import io.serverhardening.internal.channel.CloseReason;

/**
 * A connection of HTTP/1.1, as its messages see it.
 */
public interface PipelinedConnection {

	/**
	 * Return what gives the codec its bytes.
	 * @return the brake of this connection
	 */
	PipelineBrake brake();

	/**
	 * Return how many requests have begun whose responses are not done.
	 * @return the number
	 */
	int outstanding();

	/**
	 * Whether the response to the first of those has begun.
	 * @return {@code true} until it is done
	 */
	boolean isResponding();

	/**
	 * Whether the response that begins is the last because the server is shut down.
	 * @return {@code true} if nobody is accepted any more and nothing waits here
	 */
	boolean isLastOfAll();

	/**
	 * The head of a request has been decoded.
	 */
	void requestBegun();

	/**
	 * The request that was decoded last is complete.
	 */
	void requestRead();

	/**
	 * The head of a response is being written.
	 * @param last whether the connection ends with it
	 * @param eventStream whether it is one of events
	 */
	void responseBegun(boolean last, boolean eventStream);

	/**
	 * The last of a response is being written.
	 */
	void responseDone();

	/**
	 * Another protocol is granted.
	 * @param promise when the client is told
	 */
	void upgraded(ChannelPromise promise);

	/**
	 * The application ends its WebSocket, or what serves it because it has failed.
	 */
	void saysGoodbye();

	/**
	 * The connection goes on with the frames of HTTP/2.
	 * @param context the context of the handler that has watched its messages
	 * @param messages that handler
	 */
	void becomesHttp2(ChannelHandlerContext context, ChannelDuplexHandler messages);

	/**
	 * Tell the client to go on, past the codec.
	 * @param promise when that is written
	 */
	void writeContinue(ChannelPromise promise);

	/**
	 * Something was refused that the codec had let pass.
	 * @param fault what is wrong with it
	 */
	void malformed(HeadFault fault);

	/**
	 * Somebody closes the connection.
	 * @param reason why
	 */
	void closing(CloseReason reason);

	/**
	 * Listen no more: the last answer follows.
	 * @param reason why
	 */
	void leave(CloseReason reason);

}
