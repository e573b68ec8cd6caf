package io.serverhardening.internal.channel;

import java.util.concurrent.atomic.AtomicReferenceFieldUpdater;

import io.netty.channel.Channel;
import io.netty.util.AttributeKey;
import io.netty.util.concurrent.Future;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Subscription;
import reactor.netty.channel.ChannelOperations;
import reactor.netty.http.server.HttpServerRequest;

import org.springframework.http.server.reactive.ServerHttpRequest;

/**
 * Cancels the request on a channel that is gone, where Reactor Netty has not. That lets
 * go of what it keeps of the body before it cancels the handler; where the first throws,
 * the second never comes, and neither does any clock of the channel.
 * <p>
 * It also knows whether the client had its response by then. A client may leave as soon
 * as it has, before a handler on another thread hears that it was sent.
 * <p>
 * Who goes on behind its answer is left alone. Reactor Netty lets go of a handler with an
 * answer of one piece, and cancels it no more: what such a filter writes, such as an
 * audit record, is not lost because the client has what it came for. A stream of HTTP/2
 * is gone with each answer.
 * <p>
 * It implements nothing of Netty's: who has one is loaded where there is none, too.
 */
public final class ChannelLoss implements Runnable {

	private static final AttributeKey<ChannelLoss> KEY = AttributeKey.valueOf(ChannelLoss.class, "loss");

	private static final AtomicReferenceFieldUpdater<ChannelLoss, Subscription> PRESENT = AtomicReferenceFieldUpdater
		.newUpdater(ChannelLoss.class, Subscription.class, "present");

	private final Channel channel;

	/** The request under way: on HTTP/1.1 one after the other. */
	private volatile @Nullable Subscription present;

	/** Whether the present one is left alone. */
	private boolean spared;

	/** Whether any of its response has been written. Of the channel's event loop. */
	private boolean begun;

	/** The write of the last part of its response. */
	private volatile @Nullable Future<?> lastWrite;

	/** Whether it is said which that is. */
	private volatile boolean told;

	private ChannelLoss(Channel channel) {
		this.channel = channel;
	}

	/**
	 * Have a request cancelled when its channel is gone.
	 * @param request the request
	 * @param subscription cancels it
	 * @return what is to be told when the request has ended, or {@code null} where the
	 * request has no channel, or none any more
	 */
	public static @Nullable ChannelLoss watch(ServerHttpRequest request, Subscription subscription) {
		ChannelOperations<?, ?> operations = RequestChannel.operations(request);
		if (operations == null) {
			return null;
		}
		Channel channel = operations.channel();
		if (!channel.isRegistered()) {
			// A filter before the guards has gone to another thread, and come too late.
			// Terminated, they name a channel that has no event loop to wait for.
			subscription.cancel();
			return null;
		}
		return of(channel).watch(subscription);
	}

	/**
	 * Return what watches a channel, from now on if nothing has.
	 * @param channel the connection for HTTP/1.1, the stream for HTTP/2
	 * @return the watch, one for each channel
	 */
	public static ChannelLoss of(Channel channel) {
		ChannelLoss loss = channel.attr(KEY).get();
		if (loss == null) {
			ChannelLoss created = new ChannelLoss(channel);
			loss = channel.attr(KEY).setIfAbsent(created);
			if (loss == null) {
				loss = created;
				channel.closeFuture().addListener((closed) -> created.gone(created.isLetGo()));
			}
		}
		return loss;
	}

	private ChannelLoss watch(Subscription subscription) {
		this.present = subscription;
		this.begun = false;
		this.lastWrite = null;
		if (!this.channel.isOpen()) {
			// Closed, and the server has yet to be told.
			gone(false);
		}
		return this;
	}

	/**
	 * Forget a request that has ended.
	 * @param subscription what would have cancelled it
	 */
	public void forget(Subscription subscription) {
		// From whichever thread; the channel may be at its next request.
		PRESENT.compareAndSet(this, subscription, null);
	}

	/**
	 * Every response is watched from here on, and said to be written.
	 */
	public void answersAreTold() {
		this.told = true;
	}

	/**
	 * Something is being written. On the channel's event loop.
	 * @param message what
	 */
	public void writing(Object message) {
		if (!this.begun) {
			this.begun = !ResponseParts.isInterim(message);
		}
	}

	/**
	 * Whether nothing of a response has been written. On the channel's event loop.
	 * @param subscription what would cancel the request, which may have been forgotten
	 * @return {@code false} too where nobody says what is written
	 */
	public boolean isUnwritten(Subscription subscription) {
		Subscription present = this.present;
		return this.told && !this.begun && (present == null || present == subscription);
	}

	/**
	 * The last part of the response is being written. On the channel's event loop.
	 * @param written is done when the client's side has it
	 */
	public void answering(Future<?> written) {
		this.lastWrite = written;
	}

	/**
	 * Whether the whole response has gone to the client.
	 * @param subscription what would cancel the request, which has not ended
	 * @return {@code false} too where nobody has said that it is being written
	 */
	public boolean isAnswered(Subscription subscription) {
		Future<?> written = this.lastWrite;
		// The next one does not begin before.
		return this.present != subscription || (written != null && written.isSuccess());
	}

	/**
	 * Whether the client has left before it had the whole response. Reactor Netty has a
	 * body that is produced piece by piece complete when its channel closes, and one that
	 * is written at once fail with whatever the write has failed with.
	 * @param subscription what would cancel the request, which has not ended
	 * @return {@code false} too where nobody says what is written
	 */
	public boolean isCutShort(Subscription subscription) {
		return this.told && !this.channel.isOpen() && !isAnswered(subscription);
	}

	private void gone(boolean spared) {
		this.spared = spared;
		if (this.present != null && !spared) {
			this.channel.eventLoop().execute(this);
		}
	}

	// Of a request that is under way the server has operations, until it has heard of the
	// end of the channel, which comes after this.
	private boolean isLetGo() {
		ChannelOperations<?, ?> operations = ChannelOperations.get(this.channel);
		return operations == null || operations.isSubscriptionDisposed() || isWebSocket(operations);
	}

	// The handler of a session ends it, when it has heard that its client is gone.
	private static boolean isWebSocket(ChannelOperations<?, ?> operations) {
		return operations instanceof HttpServerRequest request && request.isWebsocket();
	}

	@Override
	public void run() {
		if (this.channel.isRegistered()) {
			// Reactor Netty is told in the turn in which the channel leaves its loop,
			// which is one of the next.
			this.channel.eventLoop().execute(this);
			return;
		}
		Subscription left = this.present;
		if (left != null && !this.spared && !isAnswered(left)) {
			left.cancel();
		}
	}

}
