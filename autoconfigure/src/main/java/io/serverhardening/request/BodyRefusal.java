package io.serverhardening.request;

import java.time.Duration;

import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelPromise;
import io.netty.handler.codec.http.DefaultFullHttpResponse;
import io.netty.handler.codec.http.FullHttpResponse;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaderValues;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http2.DefaultHttp2ResetFrame;
import io.netty.handler.codec.http2.Http2Error;
import io.netty.handler.codec.http2.Http2StreamChannel;
import io.serverhardening.GuardedRequest;
import io.serverhardening.Rejection;
import io.serverhardening.Rejection.Outcome;
import io.serverhardening.internal.channel.CloseReason;
import io.serverhardening.internal.channel.RequestChannel;
import io.serverhardening.internal.channel.Wire;
import io.serverhardening.internal.time.Registration;
import io.serverhardening.request.BodyState.Answer;
import org.jspecify.annotations.Nullable;

/**
 * How requests end whose bodies are not taken to their ends: has them refused, or answers
 * them itself where no guard stands, and sees to it that neither an answer nor the rest
 * of a body is waited for without end.
 */
final class BodyRefusal {

	/** How long a refusal may take until its answer begins. */
	private static final long REFUSAL_TIMEOUT = Duration.ofSeconds(1).toNanos();

	/** How long an answer that has begun, or the rest of a body, may take. */
	private static final long DRAIN_TIMEOUT = Duration.ofSeconds(5).toNanos();

	private final Channel channel;

	private final boolean stream;

	private final BodyState state;

	private final Registration registration;

	/**
	 * Who is told, {@code null} where no guard has seen the request, or it is answered.
	 */
	private @Nullable GuardedRequest guarded;

	/** Which request of the channel this is. */
	private int number;

	/** The time since the refusal, or since the response was done. */
	private long patience;

	BodyRefusal(Channel channel, BodyState state, Registration registration) {
		this.channel = channel;
		this.stream = channel instanceof Http2StreamChannel;
		this.state = state;
		this.registration = registration;
	}

	void newRequest() {
		this.guarded = null;
		this.number++;
		this.patience = 0;
	}

	/**
	 * A guard has seen the request.
	 * @param request the request
	 */
	void guard(GuardedRequest request) {
		this.guarded = request;
	}

	/**
	 * Nothing is left to tell the request.
	 */
	void forget() {
		this.guarded = null;
	}

	/**
	 * Whether the next thing to happen is an answer to a refusal, or the end of a body
	 * whose request has been answered.
	 * @return {@code false} while the body is waited for
	 */
	boolean isAwaited() {
		return this.state.isRefused() || this.state.answer() == Answer.DONE;
	}

	/**
	 * The request is being refused.
	 */
	void begin() {
		this.registration.resume();
	}

	/**
	 * Refuse the request once what is being read has been read.
	 * @param action what to do, unless the request is over by then
	 */
	void later(Runnable action) {
		begin();
		int number = this.number;
		this.channel.eventLoop().execute(() -> {
			if (number == this.number) {
				action.run();
			}
		});
	}

	/**
	 * Answer a request that the server is not to see, once it has been read.
	 * @param status the status
	 */
	void answerLater(HttpResponseStatus status) {
		this.state.exceed(true);
		later(() -> answer(status));
	}

	/**
	 * End the request early, not in the midst of a read.
	 * @param rejection why
	 * @param reason what the connection ends of
	 */
	void carryOut(Rejection rejection, CloseReason reason) {
		GuardedRequest request = this.guarded;
		if (this.state.answer() == Answer.DONE) {
			// It has its answer.
			return;
		}
		begin();
		if (request != null) {
			closing(reason);
			request.refuse(rejection);
			return;
		}
		Wire wire = wire();
		if (wire != null) {
			wire.closingUnguarded(reason);
		}
		answer(HttpResponseStatus.valueOf(rejection.status().value()));
	}

	/**
	 * Let the request go on, and say what would have ended it.
	 * @param rejection why
	 */
	void observe(Rejection rejection) {
		if (this.guarded != null) {
			this.guarded.tell(rejection, Outcome.OBSERVED);
		}
	}

	/**
	 * Remember what a connection ends of.
	 * @param reason why
	 */
	void closing(CloseReason reason) {
		Wire wire = wire();
		if (wire != null) {
			wire.closing(reason);
		}
	}

	// A stream has none of its own: its connection goes on.
	private @Nullable Wire wire() {
		return this.channel.attr(Wire.KEY).get();
	}

	// Past the server, whose own answer is thrown away if it comes.
	@SuppressWarnings("FutureReturnValueIgnored")
	private void answer(HttpResponseStatus status) {
		if (this.state.answer() == Answer.BEGUN) {
			RequestChannel.reset(this.channel);
			return;
		}
		ChannelHandlerContext context = this.channel.pipeline().context(RequestBody.class);
		if (context == null) {
			return;
		}
		FullHttpResponse response = new DefaultFullHttpResponse(HttpVersion.HTTP_1_1, status, Unpooled.EMPTY_BUFFER);
		response.headers().set(HttpHeaderNames.CONTENT_LENGTH, HttpHeaderValues.ZERO);
		if (!this.stream) {
			response.headers().set(HttpHeaderNames.CONNECTION, HttpHeaderValues.CLOSE);
		}
		this.state.answerBegun();
		writeLast(context, response, context.newPromise());
		this.state.answeredHere();
		context.flush();
	}

	/**
	 * Write the last of a response to a request whose body has not been taken to its end.
	 * @param context where to
	 * @param message the last of it
	 * @param promise the promise
	 */
	@SuppressWarnings("FutureReturnValueIgnored")
	void writeLast(ChannelHandlerContext context, Object message, ChannelPromise promise) {
		this.guarded = null;
		this.patience = 0;
		boolean unwanted = this.state.answered();
		if (!this.stream) {
			// The connection looks after the rest.
			this.registration.cancel();
			context.write(message, promise);
		}
		else if (unwanted) {
			// The response is whole; the client need not send the rest (RFC 9113, 8.1).
			context.write(message, promise.unvoid())
				.addListener((sent) -> this.channel.writeAndFlush(new DefaultHttp2ResetFrame(Http2Error.NO_ERROR)));
		}
		else {
			context.write(message, promise);
		}
	}

	/**
	 * Time has gone by.
	 * @param charged nanoseconds
	 */
	@SuppressWarnings("FutureReturnValueIgnored")
	void tick(long charged) {
		this.patience += charged;
		if (this.state.answer() == Answer.DONE) {
			if (this.state.isEnded() || !this.stream) {
				this.registration.cancel();
			}
			else if (this.patience > DRAIN_TIMEOUT) {
				this.registration.cancel();
				this.channel.writeAndFlush(new DefaultHttp2ResetFrame(Http2Error.NO_ERROR));
			}
		}
		else if (this.patience > ((this.state.answer() == Answer.NONE) ? REFUSAL_TIMEOUT : DRAIN_TIMEOUT)) {
			this.registration.cancel();
			RequestChannel.reset(this.channel);
		}
	}

}
