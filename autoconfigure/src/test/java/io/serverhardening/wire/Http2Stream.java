package io.serverhardening.wire;

import java.io.ByteArrayOutputStream;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Queue;
import java.util.SplittableRandom;

import io.serverhardening.wire.Http2Frames.Frame;
import io.serverhardening.wire.Message.Framing;
import org.jspecify.annotations.Nullable;

/**
 * One stream: the frames of its request, and what has come of its answer.
 */
final class Http2Stream {

	/** A frame of the request whose end comes later is preceded by this one. */
	static final Frame PAUSE = new Frame(-1, 0, 0, new byte[0]);

	/** No type of a frame that there is: to be ignored. */
	private static final int UNKNOWN = 0xfa;

	final int id;

	final Message message;

	final String mark;

	/** What is still to be sent. */
	final Queue<Frame> frames = new ArrayDeque<>();

	/** What the server takes, guarded by the writer. */
	long window;

	boolean mayGoOn;

	volatile boolean givenUp;

	private final ByteArrayOutputStream body = new ByteArrayOutputStream();

	private Map<String, String> headers = Map.of();

	private boolean answered;

	private boolean ended;

	private int error = -1;

	Http2Stream(int id, Message message, String mark, SplittableRandom random) {
		this.id = id;
		this.message = message;
		this.mark = mark;
		int left = message.size();
		byte[] content = Content.ofRequest(mark, left);
		boolean trailers = message.is(Trait.TRAILERS) && message.hasBody();
		this.frames
			.add(new Frame(Http2Frames.HEADERS, message.hasBody() ? 0 : Http2Frames.END_STREAM, id, new byte[0]));
		for (int from = 0; from < content.length;) {
			int size = Math.min(content.length - from,
					message.is(Trait.PIECES) ? 1 + random.nextInt(Math.max(1, content.length / 4)) : 16_000);
			boolean last = from + size == content.length && !trailers && !message.is(Trait.LATE_END);
			if (random.nextInt(20) == 0) {
				this.frames.add(new Frame(UNKNOWN, 0, id, new byte[random.nextInt(40)]));
			}
			this.frames.add(data(Arrays.copyOfRange(content, from, from + size), last, random));
			from += size;
		}
		if (message.is(Trait.LATE_END)) {
			this.frames.add(PAUSE);
		}
		if (trailers) {
			this.frames.add(new Frame(Http2Frames.HEADERS, Http2Frames.END_STREAM, id, new byte[1]));
		}
		else if (message.hasBody() && (content.length == 0 || message.is(Trait.LATE_END))) {
			this.frames.add(data(new byte[0], true, random));
		}
		if (message.is(Trait.RESET)) {
			int kept = random.nextInt(1, this.frames.size() + 1);
			Queue<Frame> begun = new ArrayDeque<>(this.frames.stream().limit(kept).toList());
			begun.add(PAUSE);
			begun.add(new Frame(Http2Frames.RST_STREAM, 0, id, Http2Frames.number(8)));
			this.frames.clear();
			this.frames.addAll(begun);
		}
	}

	private Frame data(byte[] content, boolean last, SplittableRandom random) {
		int flags = last ? Http2Frames.END_STREAM : 0;
		int padding = random.nextInt(100);
		if (padding >= 10 || content.length == 0) {
			return new Frame(Http2Frames.DATA, flags, this.id, content);
		}
		byte[] padded = new byte[1 + content.length + padding];
		padded[0] = (byte) padding;
		System.arraycopy(content, 0, padded, 1, content.length);
		return new Frame(Http2Frames.DATA, flags | Http2Frames.PADDED, this.id, padded);
	}

	Map<String, String> fields() {
		Map<String, String> fields = new LinkedHashMap<>();
		fields.put(":method", this.message.method());
		fields.put(":scheme", "http");
		fields.put(":path", this.message.target(this.mark));
		fields.put(":authority", "test");
		if (this.message.framing() == Framing.COUNTED) {
			fields.put("content-length", Integer.toString(this.message.announced()));
		}
		if (this.message.is(Trait.EXPECT) || this.message.is(Trait.EXPECT_WAIT)) {
			fields.put("expect", "100-continue");
		}
		if (this.message.is(Trait.ORIGIN) || this.message.is(Trait.PREFLIGHT)) {
			fields.put("origin", "http://elsewhere.example");
		}
		if (this.message.is(Trait.PREFLIGHT)) {
			fields.put("access-control-request-method", "PUT");
		}
		return fields;
	}

	boolean isOver() {
		return this.ended || this.error >= 0;
	}

	/**
	 * Take a frame of the answer.
	 * @param frame the frame
	 * @param fields its headers, if it has any
	 * @return what is wrong, or {@code null}
	 */
	@Nullable String take(Frame frame, @Nullable Map<String, String> fields) {
		if (frame.type() == Http2Frames.RST_STREAM) {
			this.error = frame.number();
			return null;
		}
		if (this.ended) {
			return "there came more after its end: " + frame.type();
		}
		if (frame.type() == Http2Frames.DATA) {
			if (!this.answered) {
				return "data before its headers";
			}
			this.body.writeBytes(frame.payload());
		}
		else if (fields != null && !this.answered && !fields.getOrDefault(":status", "").startsWith("1")) {
			this.answered = true;
			this.headers = fields;
		}
		else if (fields != null && !this.answered
				&& !(this.message.is(Trait.EXPECT) || this.message.is(Trait.EXPECT_WAIT))) {
			return "nothing was asked that way";
		}
		this.ended = frame.has(Http2Frames.END_STREAM);
		return null;
	}

	/**
	 * Look at what has come in all.
	 * @return what is wrong, or {@code null}
	 */
	@Nullable String mismatch() {
		if (this.givenUp) {
			return foreign();
		}
		if (!this.ended) {
			return (this.error >= 0 && Allowed.mayBeCut(this.message)) ? foreign()
					: "it did not end, or with the error " + this.error;
		}
		String status = this.headers.getOrDefault(":status", "0");
		String mismatch = "it may not get such an answer, but " + Allowed.of(this.message);
		for (Allowed.Answer allowed : Allowed.of(this.message)) {
			if (status.equals(Integer.toString(allowed.status()))) {
				mismatch = this.mark.equals(this.headers.get("x-mark"))
						? Bodies.mismatch(this.message, this.mark, this.headers, this.body.toByteArray(), allowed)
						: "it has not its mark";
				if (mismatch == null) {
					return null;
				}
			}
		}
		return mismatch;
	}

	private @Nullable String foreign() {
		return Bodies.foreign(this.message, this.mark, this.headers, this.body.toByteArray());
	}

	@Override
	public String toString() {
		return "stream " + this.id + ", " + this.message + " with the mark " + this.mark + ", got " + this.headers
				+ " and " + this.body.size() + " bytes" + (this.ended ? ", ended" : "")
				+ ((this.error >= 0) ? ", error " + this.error : "");
	}

}
