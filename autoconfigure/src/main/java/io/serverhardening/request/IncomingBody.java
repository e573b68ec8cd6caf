package io.serverhardening.request;

import java.util.function.Supplier;

import io.netty.channel.Channel;
import io.netty.channel.ChannelDuplexHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.http.HttpContent;
import io.netty.handler.codec.http.HttpContentDecoder;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpUtil;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.handler.codec.http2.Http2StreamChannel;
import io.netty.util.ReferenceCountUtil;
import io.serverhardening.internal.time.LoopClock;
import io.serverhardening.request.BodyState.Answer;
import io.serverhardening.request.BodyState.Arrival;
import org.jspecify.annotations.Nullable;

/**
 * The body of the present request of a channel as it comes, from the head that announces
 * it to its end. A class, and no part of {@link RequestBody}, to cost no object: a stream
 * has one for each request.
 */
abstract class IncomingBody extends ChannelDuplexHandler {

	final Channel channel;

	final boolean stream;

	private final int maxLine;

	final BodyState state = new BodyState();

	final BodyMeter meter;

	final BodyRefusal refusal;

	/** A request whose headers have not been asked for a body. */
	private @Nullable HttpRequest unopened;

	/** Whether the head of the present request is on its way to the guards. */
	boolean beginning;

	/** Whether a {@link BodyWire} sees the bytes before this does. */
	private boolean wired;

	IncomingBody(Channel channel, Supplier<BodyLimits> unguarded, int maxLine, LoopClock clock) {
		this.channel = channel;
		this.stream = channel instanceof Http2StreamChannel;
		this.maxLine = maxLine;
		this.meter = new BodyMeter(channel, this.state, unguarded, clock);
		this.refusal = this.meter.refusal();
	}

	/**
	 * A request begins.
	 * @param context who is next to see it
	 * @param request its head
	 * @param bytes what has come of its body with the head
	 * @param complete whether that was all
	 */
	void begin(ChannelHandlerContext context, HttpRequest request, int bytes, boolean complete) {
		this.unopened = null;
		this.state.begin(bytes, complete);
		this.meter.begin();
		if (this.stream && lineLength(request) > this.maxLine) {
			ReferenceCountUtil.release(request);
			this.refusal.answerLater(HttpResponseStatus.REQUEST_URI_TOO_LONG);
			return;
		}
		if (!complete) {
			if (this.stream || mayHaveBody(request.method())) {
				open(request);
			}
			else {
				this.unopened = request;
			}
		}
		this.beginning = true;
		context.fireChannelRead(request);
		this.beginning = false;
	}

	private static int lineLength(HttpRequest request) {
		return request.method().name().length() + request.uri().length() + " HTTP/1.1".length() + 1;
	}

	// The codec has one object for each method that has a name.
	@SuppressWarnings("ReferenceEquality")
	private static boolean mayHaveBody(HttpMethod method) {
		return method != HttpMethod.GET && method != HttpMethod.HEAD;
	}

	// On a stream only its end ends a body, whatever length was announced.
	private void open(HttpRequest request) {
		this.unopened = null;
		HttpHeaders headers = request.headers();
		String length = headers.get(HttpHeaderNames.CONTENT_LENGTH);
		// The codec has refused what is no number.
		long declared = (length != null) ? HttpUtil.getContentLength(request, -1L) : -1;
		if (!this.stream
				&& (declared == 0 || (length == null && !headers.contains(HttpHeaderNames.TRANSFER_ENCODING)))) {
			return;
		}
		this.state.announced(declared, !this.stream && HttpUtil.is100ContinueExpected(request));
		this.meter.open();
		if (!this.wired && this.channel.pipeline().context(HttpContentDecoder.class) != null) {
			this.wired = true;
			BodyWire.install(this.channel, this);
		}
	}

	/**
	 * Somebody wants the body, or answers without it.
	 */
	void openLate() {
		HttpRequest request = this.unopened;
		if (request != null && this.state.answer() != Answer.DONE) {
			open(request);
			this.meter.announcedLate();
		}
	}

	/**
	 * The body has come to its end.
	 */
	void ended() {
		this.unopened = null;
		if (this.state.isSettled()) {
			this.meter.settled();
		}
	}

	/**
	 * A part of the body has come.
	 * @param context who is next to see it
	 * @param content the part
	 */
	void arrived(ChannelHandlerContext context, HttpContent content) {
		openLate();
		int bytes = content.content().readableBytes();
		boolean last = content instanceof LastHttpContent;
		if (!this.wired) {
			this.meter.moved(bytes);
		}
		Arrival arrival = this.meter.arrived(bytes, last);
		if (arrival == Arrival.REFUSE || arrival == Arrival.DROP) {
			ReferenceCountUtil.release(content);
			return;
		}
		if (last) {
			ended();
		}
		context.fireChannelRead(SharedBytes.counted(content));
	}

	/**
	 * Bytes have come that are to be decompressed.
	 * @param bytes how many
	 * @param last whether they end the body
	 * @return {@code false} if nobody wants them
	 */
	boolean came(int bytes, boolean last) {
		if (this.state.isRefused()) {
			if (last) {
				this.state.end();
			}
			return false;
		}
		this.meter.moved(bytes);
		return true;
	}

	/**
	 * Remember whether bytes have been asked for that have not come.
	 * @param reading whether the socket is being read
	 */
	void reading(boolean reading) {
		this.meter.reading(reading);
	}

}
