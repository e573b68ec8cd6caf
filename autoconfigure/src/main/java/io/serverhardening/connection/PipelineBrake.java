package io.serverhardening.connection;

import java.util.concurrent.TimeUnit;

import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.EventLoop;
import org.jspecify.annotations.Nullable;

/**
 * Gives the codec of HTTP/1.1 what has come, and no more while enough requests wait, or
 * while one asks for another protocol: then the socket is not read either.
 */
final class PipelineBrake implements CodecFeed.Reader {

	/** What may wait of the bodies of requests that wait themselves. */
	private static final int MAX_WAITING_BYTES = 64 * 1024;

	/** What a part of a body takes besides its bytes, of which it may have one. */
	private static final int PART_BYTES = 128;

	/**
	 * How many requests that have come together are decoded in one turn of the loop. One
	 * read may bring ten thousands: where handlers answer at once, every other connection
	 * of the loop would wait for all of them.
	 */
	private static final int MAX_TOGETHER = 32;

	private final Channel channel;

	private final Connections connections;

	private final ConnectionTimeline timeline;

	private final FrameWatch frames;

	private final int maxPipelined;

	private final CodecFeed feed = new CodecFeed(this);

	/** Where the codec is next. */
	private @Nullable ChannelHandlerContext context;

	private boolean pipelined;

	/** How many requests have been decoded that the server has not begun. */
	private int waiting;

	/** What has come of the body of the last of those, and what keeping it takes. */
	private int waitingBytes;

	/** Whether the server has taken the request that it is at from its queue. */
	private boolean fromQueue;

	/** How many requests have come to their ends, each with the next one behind it. */
	private int together;

	/** How often there was a reason to go on while something was held back. */
	private int turns;

	private boolean readWanted;

	private boolean autoReadStopped;

	/** Made for the first chunked body. */
	private @Nullable ChunkSizes chunks;

	/** The last request that was decoded asks for another protocol. */
	private boolean upgradeAsked;

	PipelineBrake(Channel channel, Connections connections, ConnectionTimeline timeline, FrameWatch frames,
			ConnectionPolicy policy) {
		this.channel = channel;
		this.connections = connections;
		this.timeline = timeline;
		this.frames = frames;
		this.maxPipelined = policy.maxPipelined().count();
	}

	void added(ChannelHandlerContext context) {
		this.context = context;
	}

	/**
	 * Take bytes from the socket.
	 * @param context where the codec is next
	 * @param bytes the bytes
	 */
	void take(ChannelHandlerContext context, ByteBuf bytes) {
		this.feed.take(context, bytes);
		if (this.feed.isHeld() && this.channel.config().isAutoRead()) {
			// Epoll reads on by itself as long as this says so: no handler is asked.
			this.autoReadStopped = true;
			this.channel.config().setAutoRead(false);
		}
	}

	boolean isHolding() {
		return this.feed.isHolding();
	}

	/**
	 * Whether bytes wait that the codec has not been given.
	 * @return {@code true} if nothing is read
	 */
	boolean isHeld() {
		return this.feed.isHeld();
	}

	/**
	 * The last request that was decoded is complete.
	 * @return whether bytes have come after it, with which a next request has begun
	 */
	boolean requestRead() {
		boolean more = this.feed.hasMore();
		this.together = more ? this.together + 1 : 0;
		if (this.together == MAX_TOGETHER) {
			this.together = 0;
			this.feed.holdAll();
			resumeLater();
		}
		return more;
	}

	void discard() {
		this.feed.discard();
	}

	/**
	 * Somebody wants to read.
	 * @param context who is next to be asked
	 */
	void read(ChannelHandlerContext context) {
		// Without the native transport only who reads hears that the client has left: one
		// that has sent nothing more is to be heard.
		if (this.feed.isHeld()) {
			this.readWanted = true;
		}
		else {
			context.read();
		}
	}

	void requestBegun() {
		this.waiting++;
		if (this.timeline.outstanding() > 1) {
			this.pipelined = true;
			if (this.timeline.outstanding() > this.maxPipelined) {
				this.feed.hold();
			}
		}
	}

	void bodyRead(int bytes) {
		// Reactor Netty keeps what comes for a request that it has not begun, also where
		// the answer before is written and the client has yet to take it.
		if (this.waiting > 0) {
			this.waitingBytes += PART_BYTES + bytes;
			if (this.waitingBytes > MAX_WAITING_BYTES) {
				this.feed.hold();
			}
		}
	}

	/**
	 * The server begins the first of the requests that wait.
	 */
	void requestConfigured() {
		// Out of the codec's hands, unless it is being given something.
		this.fromQueue = this.feed.present() == null;
		this.waiting = Math.max(0, this.waiting - 1);
		readOnDemand();
		resumeLater();
	}

	/**
	 * The server is done with the request that it was at.
	 */
	void requestDone() {
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
	 * Somebody reads from now on as much as is asked for, and has seen to it that nothing
	 * is read before: the handler of a request, or that of a WebSocket. Reactor Netty
	 * would keep what is read and not asked for, however much it is.
	 */
	void readOnDemand() {
		this.autoReadStopped = false;
	}

	void responseDone() {
		if (this.pipelined && this.timeline.outstanding() == 0) {
			// Reactor Netty forgets to read on where the last of several requests was
			// answered before its end had been looked at.
			this.pipelined = false;
			this.channel.eventLoop().execute(this.channel::read);
		}
		resumeLater();
	}

	@SuppressWarnings("FutureReturnValueIgnored")
	private void resumeLater() {
		if (this.feed.isHolding()) {
			// Behind what Reactor Netty may have put off by a turn: a look at its queue,
			// for the rest of a request that is answered already. That would take the
			// second of the requests that come now for the next, beside the first. And
			// behind what others have sent: tasks that are due are looked for between two
			// looks at the sockets.
			int turn = ++this.turns;
			EventLoop loop = this.channel.eventLoop();
			loop.execute(() -> loop.schedule(() -> resumeAfter(turn), 0, TimeUnit.NANOSECONDS));
		}
	}

	private void resumeAfter(int turn) {
		if (turn == this.turns) {
			resume();
		}
	}

	private void resume() {
		ChannelHandlerContext context = this.context;
		if (context != null && this.feed.isHolding() && mayResume()) {
			this.upgradeAsked = false;
			this.waitingBytes = 0;
			// For Reactor Netty it comes behind another, which it may not be done with.
			this.pipelined = true;
			this.feed.resume(context);
			if (!this.feed.isHolding()) {
				readOn(context);
			}
		}
	}

	private boolean mayResume() {
		if (this.timeline.phase() == ConnectionPhase.UPGRADED) {
			return false;
		}
		return this.timeline.outstanding() <= (this.upgradeAsked ? 0 : this.maxPipelined);
	}

	private void readOn(ChannelHandlerContext context) {
		readByItself();
		if (this.readWanted) {
			this.readWanted = false;
			context.read();
		}
	}

	private void readByItself() {
		if (this.autoReadStopped) {
			this.autoReadStopped = false;
			this.channel.config().setAutoRead(true);
		}
	}

	/**
	 * The request that has just been decoded asks for another protocol: what follows it
	 * waits until that is granted or declined.
	 */
	void upgradeAsked() {
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
	void passOn() {
		ChannelHandlerContext context = this.context;
		this.upgradeAsked = false;
		if (context != null && this.feed.isHolding()) {
			// Before: who takes it may have enough of it, and stops it again.
			readByItself();
			this.feed.pass(context);
			readOn(context);
		}
	}

	/**
	 * The body of a request that has just been decoded is chunked.
	 * @return {@code false} if it begins with what is no size
	 */
	boolean chunksBegin() {
		ChunkSizes chunks = (this.chunks != null) ? this.chunks : new ChunkSizes();
		this.chunks = chunks;
		chunks.begin();
		ByteBuf present = this.feed.present();
		return present == null || chunks.look(present);
	}

	@Override
	public void reads(ByteBuf part) {
		if (this.chunks != null && !this.chunks.look(part)) {
			HttpMessages messages = this.channel.pipeline().get(HttpMessages.class);
			if (messages != null) {
				this.connections.malformed(HeadFault.CHUNK_SIZE);
				messages.refuseBody(this.channel.pipeline().context(messages));
			}
		}
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
