package io.serverhardening.connection.http2;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

import io.netty.buffer.ByteBuf;
import io.netty.handler.codec.http2.Http2Connection;
import io.netty.handler.codec.http2.Http2ConnectionAdapter;
import io.netty.handler.codec.http2.Http2Error;
import io.netty.handler.codec.http2.Http2Exception;
import io.netty.handler.codec.http2.Http2Stream;
import io.netty.handler.codec.http2.Http2StreamChannel;
import org.jspecify.annotations.Nullable;

/**
 * The streams of an HTTP/2 connection, seen where the codec opens and ends them. The
 * server sees one only when its head has become a request; until then, and once it is
 * answered, nobody else would end what its client does not.
 */
final class Http2Streams extends Http2ConnectionAdapter {

	/** As long as the rest of a body is taken on HTTP/1.1. */
	private static final long PATIENCE = Duration.ofSeconds(5).toNanos();

	private final MultiplexedConnection connection;

	private final Http2Connection codec;

	private final Http2Connection.PropertyKey key;

	/** How many streams nobody but this looks after. */
	private int unattended;

	/** How many requests have come that were sent before any of them was answered. */
	private int together;

	Http2Streams(MultiplexedConnection connection, Http2Connection codec) {
		this.connection = connection;
		this.codec = codec;
		this.key = codec.newKey();
	}

	/**
	 * Begin to watch.
	 * @throws Http2Exception not thrown
	 */
	void watch() throws Http2Exception {
		this.codec.addListener(this);
		// The one that a connection is upgraded with is open already.
		this.codec.forEachActiveStream((stream) -> {
			onStreamActive(stream);
			return true;
		});
	}

	@Override
	public void onStreamActive(Http2Stream stream) {
		stream.setProperty(this.key, new Entry(this.connection.now()));
		this.unattended++;
		this.connection.streamOpened();
	}

	@Override
	public void onStreamHalfClosed(Http2Stream stream) {
		Entry entry = of(stream);
		if (entry != null && stream.state() == Http2Stream.State.HALF_CLOSED_LOCAL) {
			// It is answered, and its client has not come to the end.
			entry.since = this.connection.now();
			attend(entry, false);
		}
	}

	@Override
	@SuppressWarnings("FutureReturnValueIgnored")
	public void onStreamClosed(Http2Stream stream) {
		Entry entry = stream.removeProperty(this.key);
		if (entry != null) {
			attend(entry, true);
			this.connection.streamClosed();
			Http2StreamChannel channel = entry.channel;
			boolean reset = entry.reset || stream.isResetSent();
			if (channel != null && channel.isOpen() && (reset || !channel.parent().isActive())) {
				// It waits until what has come of a body is read, which nobody may do:
				// the handler would not hear that its client is gone, or the server that
				// we have ended it. Nobody would release what has come.
				channel.eventLoop().execute(channel::close);
			}
		}
	}

	@Override
	public void onGoAwaySent(int lastStreamId, long errorCode, ByteBuf debugData) {
		this.connection.goingAway(errorCode);
	}

	private void attend(Entry entry, boolean attended) {
		if (entry.attended != attended) {
			entry.attended = attended;
			this.unattended += attended ? -1 : 1;
		}
	}

	private @Nullable Entry of(@Nullable Http2Stream stream) {
		return (stream != null) ? stream.getProperty(this.key) : null;
	}

	/**
	 * Find a stream.
	 * @param id its id
	 * @return what is known of it, or {@code null} if it is not open
	 */
	@Nullable Entry find(int id) {
		return of(this.codec.stream(id));
	}

	/**
	 * The head of a stream has become a request: its clocks run from here on.
	 * @param channel the stream
	 */
	void requested(Http2StreamChannel channel) {
		Entry entry = find(channel.stream().id());
		if (entry != null) {
			entry.channel = channel;
			attend(entry, true);
		}
	}

	/**
	 * Whether a request has come with more than its client may have open. Where handlers
	 * answer at once, the codec counts no stream as open for long: the thousands that one
	 * read may bring would be handled while everybody else on the loop waits. For their
	 * client, which had read none of the answers, all were open.
	 * @return {@code true} if it is not to be handled
	 */
	boolean isOneTooMany() {
		this.together++;
		return this.together > this.codec.remote().maxActiveStreams();
	}

	/**
	 * What was read at once has been decoded.
	 */
	void readComplete() {
		this.together = 0;
	}

	/**
	 * The client resets a stream.
	 * @param id its id
	 */
	void reset(int id) {
		Entry entry = find(id);
		if (entry != null) {
			entry.reset = true;
			this.together--;
		}
	}

	/**
	 * Look for streams that wait for nobody but their client, and have for long enough.
	 * @param now the time
	 * @param ending ends one
	 * @throws Http2Exception not thrown
	 */
	void tick(long now, Ending ending) throws Http2Exception {
		if (this.unattended == 0) {
			return;
		}
		List<Http2Stream> late = new ArrayList<>();
		this.codec.forEachActiveStream((stream) -> {
			Entry entry = of(stream);
			if (entry != null && !entry.attended && now - entry.since > PATIENCE) {
				late.add(stream);
			}
			return true;
		});
		for (Http2Stream stream : late) {
			boolean answered = stream.state() == Http2Stream.State.HALF_CLOSED_LOCAL;
			// What the client still sends is not needed (RFC 9113, 8.1).
			ending.end(stream.id(), answered ? Http2Error.NO_ERROR : Http2Error.PROTOCOL_ERROR);
		}
	}

	/**
	 * Ends a stream.
	 */
	@FunctionalInterface
	interface Ending {

		/**
		 * End a stream.
		 * @param id its id
		 * @param error what to say
		 */
		void end(int id, Http2Error error);

	}

	/**
	 * What is known of a stream.
	 */
	static final class Entry {

		private long since;

		private boolean attended;

		private boolean headSeen;

		private boolean reset;

		private @Nullable Http2StreamChannel channel;

		private Entry(long since) {
			this.since = since;
		}

		/**
		 * A block of headers has come.
		 * @return {@code true} if it is the first: those that follow are trailers
		 */
		boolean isHead() {
			boolean head = !this.headSeen;
			this.headSeen = true;
			return head;
		}

		/**
		 * Return the channel of the request.
		 * @return the channel, or {@code null} if there is no request yet
		 */
		@Nullable Http2StreamChannel channel() {
			return this.channel;
		}

	}

}
