package io.serverhardening.internal;

import java.util.HashSet;
import java.util.List;
import java.util.Set;
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
 * And it cancels those before it that go on although they have been answered. Reactor
 * Netty lets go of a handler when its response is written, and not when it is done.
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

	/** Those before it that go on, since there was one. Under the lock. */
	private @Nullable Set<Subscription> earlier;

	/** Whether the present one is left alone. */
	private boolean spared;

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
				channel.closeFuture().addListener((closed) -> created.gone());
			}
		}
		return loss;
	}

	private ChannelLoss watch(Subscription subscription) {
		Subscription before = PRESENT.getAndSet(this, subscription);
		this.lastWrite = null;
		if (before != null) {
			meet(before);
		}
		if (!this.channel.isOpen()) {
			// Closed, and the server has yet to be told.
			gone();
		}
		return this;
	}

	/**
	 * Forget a request that has ended.
	 * @param subscription what would have cancelled it
	 */
	public void forget(Subscription subscription) {
		// From whichever thread; the channel may be at its next request.
		if (!PRESENT.compareAndSet(this, subscription, null)) {
			meet(subscription);
		}
	}

	// Of the two, that the next one begins and that this one ends, either comes first:
	// that adds it, and the other removes it.
	private synchronized void meet(Subscription subscription) {
		Set<Subscription> earlier = (this.earlier != null) ? this.earlier : new HashSet<>();
		this.earlier = earlier;
		if (!earlier.remove(subscription)) {
			earlier.add(subscription);
		}
	}

	/**
	 * Every response is watched from here on, and said to be written.
	 */
	public void answersAreTold() {
		this.told = true;
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

	private void gone() {
		this.spared = isWebSocket();
		if ((this.present != null && !this.spared) || !earlier().isEmpty()) {
			this.channel.eventLoop().execute(this);
		}
	}

	private synchronized List<Subscription> earlier() {
		return (this.earlier != null) ? List.copyOf(this.earlier) : List.of();
	}

	// The handler of a session ends it, when it has heard that its client is gone.
	private boolean isWebSocket() {
		return ChannelOperations.get(this.channel) instanceof HttpServerRequest request && request.isWebsocket();
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
		if (left != null && !this.spared) {
			left.cancel();
		}
		earlier().forEach(Subscription::cancel);
	}

}
