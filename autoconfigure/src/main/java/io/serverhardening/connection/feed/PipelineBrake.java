package io.serverhardening.connection.feed;

import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.serverhardening.connection.http2.FrameWatch;
import io.serverhardening.connection.timeline.ConnectionPhase;
import io.serverhardening.connection.timeline.ConnectionPolicy;
import io.serverhardening.connection.timeline.ConnectionTimeline;
import org.jspecify.annotations.Nullable;

/**
 * Gives the codec of HTTP/1.1 what has come, and no more while enough requests wait, or
 * while one asks for another protocol: then the socket is not read either.
 */
public final class PipelineBrake {

	private final Channel channel;

	private final ConnectionTimeline timeline;

	private final PresentRequest present;

	private final CodecFeed feed;

	private final SocketReads reads;

	private final QueuedRequests queue;

	private final LaterTurn later;

	/** Where the codec is next. */
	private @Nullable ChannelHandlerContext context;

	private boolean pipelined;

	/** The last request that was decoded asks for another protocol. */
	private boolean upgradeAsked;

	/**
	 * Create the brake.
	 * @param channel the connection
	 * @param timeline what it does
	 * @param frames whether it is one of HTTP/2
	 * @param policy how many requests may wait
	 * @param badChunk refuses the body that is being decoded
	 */
	public PipelineBrake(Channel channel, ConnectionTimeline timeline, FrameWatch frames, ConnectionPolicy policy,
			Runnable badChunk) {
		this.channel = channel;
		this.timeline = timeline;
		this.present = new PresentRequest(timeline, frames, badChunk);
		this.feed = new CodecFeed(this.present);
		this.reads = new SocketReads(channel);
		this.queue = new QueuedRequests(policy.maxPipelined().count());
		this.later = new LaterTurn(channel, this::resume);
	}

	public void added(ChannelHandlerContext context) {
		this.context = context;
	}

	/**
	 * Take bytes from the socket.
	 * @param context where the codec is next
	 * @param bytes the bytes
	 */
	public void take(ChannelHandlerContext context, ByteBuf bytes) {
		this.feed.take(context, bytes);
		if (this.feed.isHeld()) {
			this.reads.stop();
		}
	}

	public boolean isHolding() {
		return this.feed.isHolding();
	}

	/**
	 * Something has come or was answered.
	 */
	public void stirred() {
		this.reads.stirred();
	}

	/**
	 * Read an idle connection again, if the server may have forgotten to. Not while bytes
	 * wait here: the server may forget only when it has got them.
	 */
	public void readAgain() {
		if (!this.feed.isHeld()) {
			this.reads.again();
		}
	}

	/**
	 * The last request that was decoded is complete.
	 * @return whether bytes have come after it, with which a next request has begun
	 */
	public boolean requestRead() {
		boolean more = this.feed.hasMore();
		if (this.queue.complete(more)) {
			this.feed.holdAll();
			resumeLater();
		}
		return more;
	}

	public void discard() {
		this.feed.discard();
	}

	/**
	 * Somebody wants to read.
	 * @param context who is next to be asked
	 */
	public void read(ChannelHandlerContext context) {
		// Without the native transport only who reads hears that the client has left: one
		// that has sent nothing more is to be heard.
		if (this.feed.isHeld()) {
			this.reads.want();
		}
		else {
			context.read();
		}
	}

	public void requestBegun() {
		this.queue.add();
		if (this.timeline.outstanding() > 1) {
			this.pipelined = true;
			if (this.queue.isFull(this.timeline.outstanding())) {
				this.feed.hold();
			}
		}
	}

	public void bodyRead(int bytes) {
		if (this.queue.bodyRead(bytes)) {
			this.feed.hold();
		}
	}

	/**
	 * The server begins the first of the requests that wait.
	 */
	public void requestConfigured() {
		// Out of the codec's hands, unless it is being given something.
		this.queue.remove(this.feed.present() == null);
		readOnDemand();
		resumeLater();
	}

	/**
	 * The server is done with the request that it was at.
	 */
	public void requestDone() {
		if (this.timeline.phase() != ConnectionPhase.UPGRADED && this.queue.takeLookPutOff()) {
			this.feed.hold();
			resumeLater();
		}
	}

	/**
	 * The handler of a request, or that of a WebSocket, reads as much as it asks for.
	 */
	public void readOnDemand() {
		this.reads.onDemand();
	}

	public void responseDone() {
		this.reads.stirred();
		if (this.pipelined && this.timeline.outstanding() == 0) {
			// Reactor Netty forgets to read on where the last of several requests was
			// answered before its end had been looked at.
			this.pipelined = false;
			this.channel.eventLoop().execute(this.channel::read);
		}
		resumeLater();
	}

	private void resumeLater() {
		if (this.feed.isHolding()) {
			this.later.put();
		}
	}

	private void resume() {
		ChannelHandlerContext context = this.context;
		if (context != null && this.feed.isHolding() && mayResume()) {
			this.upgradeAsked = false;
			this.queue.resume();
			// For Reactor Netty it comes behind another, which it may not be done with.
			this.pipelined = true;
			this.feed.resume(context);
			if (!this.feed.isHolding()) {
				this.reads.goOn(context);
			}
		}
	}

	private boolean mayResume() {
		if (this.timeline.phase() == ConnectionPhase.UPGRADED) {
			return false;
		}
		return this.upgradeAsked ? this.timeline.outstanding() == 0 : !this.queue.isFull(this.timeline.outstanding());
	}

	/**
	 * The request that has just been decoded asks for another protocol: what follows it
	 * waits until that is granted or declined.
	 */
	public void upgradeAsked() {
		if (this.timeline.outstanding() == 0) {
			// Answered before its body has come, and declined with that: no answer is yet
			// to come that would have this go on.
			return;
		}
		this.upgradeAsked = true;
		this.feed.holdAll();
	}

	/**
	 * The other protocol has been granted and its handlers are in place.
	 */
	public void passOn() {
		ChannelHandlerContext context = this.context;
		this.upgradeAsked = false;
		if (context != null && this.feed.isHolding()) {
			// Before: who takes it may have enough of it, and stops it again.
			this.reads.byItself();
			this.feed.pass(context);
			this.reads.goOn(context);
		}
	}

	/**
	 * The body of a request that has just been decoded is chunked.
	 * @return {@code false} if it begins with what is no size
	 */
	public boolean chunksBegin() {
		return this.present.chunksBegin(this.feed.present());
	}

}
