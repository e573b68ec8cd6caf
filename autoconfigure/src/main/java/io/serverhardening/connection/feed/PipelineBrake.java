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
public final class PipelineBrake implements CodecState {

	/**
	 * How many requests that have come together are decoded in one turn of the loop. One
	 * read may bring ten thousands: where handlers answer at once, every other connection
	 * of the loop would wait for all of them.
	 */
	private static final int MAX_TOGETHER = 32;

	private final Channel channel;

	private final ConnectionTimeline timeline;

	private final FrameWatch frames;

	private final int maxPipelined;

	private final CodecFeed feed = new CodecFeed(this);

	private final SocketReads reads;

	private final ChunkedBodies bodies;

	private final QueuedRequests queue = new QueuedRequests();

	private final LaterTurn later;

	/** Where the codec is next. */
	private @Nullable ChannelHandlerContext context;

	private boolean pipelined;

	/** Whether the server has taken the request that it is at from its queue. */
	private boolean fromQueue;

	/** How many requests have come to their ends, each with the next one behind it. */
	private int together;

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
		this.reads = new SocketReads(channel);
		this.bodies = new ChunkedBodies(badChunk);
		this.later = new LaterTurn(channel, this::resume);
		this.timeline = timeline;
		this.frames = frames;
		this.maxPipelined = policy.maxPipelined().count();
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
		this.together = more ? this.together + 1 : 0;
		if (this.together == MAX_TOGETHER) {
			this.together = 0;
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
			if (this.timeline.outstanding() > this.maxPipelined) {
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
		this.fromQueue = this.feed.present() == null;
		this.queue.remove();
		readOnDemand();
		resumeLater();
	}

	/**
	 * The server is done with the request that it was at.
	 */
	public void requestDone() {
		if (this.fromQueue && this.timeline.phase() != ConnectionPhase.UPGRADED) {
			// Reactor Netty may have put off a look at its queue, and emptied that since.
			// With what comes before the look it would begin a second request beside the
			// first, and the answers would change places.
			this.fromQueue = false;
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
		return this.timeline.outstanding() <= (this.upgradeAsked ? 0 : this.maxPipelined);
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
		return this.bodies.begin(this.feed.present());
	}

	@Override
	public void reads(ByteBuf part) {
		this.bodies.read(part);
	}

	@Override
	public boolean isLeaving() {
		return this.timeline.isLeaving();
	}

	@Override
	public boolean isInBody() {
		return this.timeline.isInBody() || this.frames.isHttp2();
	}

}
