package io.serverhardening.wire;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;

import io.serverhardening.testing.Pause;
import io.serverhardening.wire.Http2Frames.Frame;
import io.serverhardening.wire.Pipeline.Cuts;

/**
 * Writes the frames of many streams by turns, as far as the server's windows allow.
 */
final class Http2Writer implements Runnable {

	private static final String PREFACE = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

	private final Pipe pipe;

	private final Http2Frames codec;

	private final Pipeline pipeline;

	private final List<Http2Stream> waiting;

	private final List<Http2Stream> begun = new ArrayList<>();

	private final SplittableRandom random;

	private final ByteArrayOutputStream batch = new ByteArrayOutputStream();

	/** Held while a frame is being written, which may take several writes. */
	private final Object wire = new Object();

	private long window = 65_535;

	private long streamWindow = 65_535;

	private boolean stopped;

	private volatile boolean aborted;

	Http2Writer(Pipe pipe, Http2Frames codec, Pipeline pipeline, Collection<Http2Stream> streams,
			SplittableRandom random) {
		this.pipe = pipe;
		this.codec = codec;
		this.pipeline = pipeline;
		this.waiting = new ArrayList<>(streams);
		this.random = random;
	}

	@Override
	public void run() {
		int left = this.pipeline.abort() ? this.random.nextInt(1, 40) : Integer.MAX_VALUE;
		try {
			while (left-- > 0 && !isDone()) {
				turn();
			}
			flush();
		}
		catch (IOException ex) {
			// Ended by the server; whoever reads will say whether it may.
		}
		if (left < 0) {
			this.aborted = true;
			this.pipe.reset();
		}
	}

	private synchronized boolean isDone() {
		this.begun.removeIf((stream) -> stream.frames.isEmpty());
		return this.stopped || (this.waiting.isEmpty() && this.begun.isEmpty());
	}

	@SuppressWarnings("ReferenceEquality")
	private void turn() throws IOException {
		Frame frame = next();
		if (frame == null) {
			flush();
			await();
		}
		else if (frame == Http2Stream.PAUSE) {
			flush();
			Pause.millis(this.random.nextInt(0, 3));
		}
		else {
			this.batch.writeBytes(Http2Frames.frame(frame.type(), frame.flags(), frame.stream(), frame.payload()));
			if (frame.type() == Http2Frames.RST_STREAM) {
				// The server may have nothing more to say, and who reads would wait for
				// it.
				this.batch.writeBytes(Http2Frames.frame(Http2Frames.PING, 0, 0, new byte[8]));
			}
			if ((this.pipeline.cuts() != Cuts.WHOLE && this.random.nextInt(3) == 0) || this.batch.size() > 60_000) {
				flush();
			}
		}
	}

	private synchronized Frame next() {
		if (!this.waiting.isEmpty() && (this.begun.isEmpty() || this.random.nextInt(3) == 0)) {
			return first();
		}
		int first = this.random.nextInt(Math.max(1, this.begun.size()));
		for (int i = 0; i < this.begun.size(); i++) {
			Http2Stream stream = this.begun.get((first + i) % this.begun.size());
			if (!stream.frames.isEmpty() && mayBeSent(stream)) {
				return send(stream);
			}
		}
		return this.waiting.isEmpty() ? null : first();
	}

	private Frame first() {
		Http2Stream stream = this.waiting.remove(0);
		stream.window = this.streamWindow;
		this.begun.add(stream);
		return headers(stream.frames.remove(), stream.fields());
	}

	private Frame headers(Frame frame, Map<String, String> fields) {
		return new Frame(frame.type(), frame.flags() | Http2Frames.END_HEADERS, frame.stream(),
				this.codec.encode(frame.stream(), fields));
	}

	private boolean mayBeSent(Http2Stream stream) {
		Frame frame = stream.frames.element();
		int size = (frame.type() == Http2Frames.DATA) ? frame.payload().length : 0;
		return size <= Math.min(this.window, stream.window);
	}

	private Frame send(Http2Stream stream) {
		Frame frame = stream.frames.remove();
		if (frame.type() == Http2Frames.DATA) {
			this.window -= frame.payload().length;
			stream.window -= frame.payload().length;
		}
		else if (frame.type() == Http2Frames.RST_STREAM) {
			stream.givenUp = true;
		}
		else if (frame.type() == Http2Frames.HEADERS) {
			return headers(frame, Map.of("x-trailer", "trailer"));
		}
		return frame;
	}

	private void flush() throws IOException {
		byte[] bytes = this.batch.toByteArray();
		this.batch.reset();
		synchronized (this.wire) {
			for (int from = 0; from < bytes.length;) {
				int size = switch (this.pipeline.cuts()) {
					case WHOLE, EACH -> bytes.length;
					case BYTES -> (bytes.length > 300) ? 100 : 1;
					case ANYWHERE, EDGES -> 1 + this.random.nextInt(bytes.length);
				};
				size = Math.min(size, bytes.length - from);
				this.pipe.write(bytes, from, size);
				from += size;
			}
		}
	}

	// Who calls it looks again, whyever it came back.
	@SuppressWarnings("WaitNotInLoop")
	private synchronized void await() {
		try {
			wait(100);
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt();
		}
	}

	void begin(int initialWindow) throws IOException {
		write(PREFACE.getBytes(StandardCharsets.US_ASCII));
		byte[] settings = new byte[] { 0, 2, 0, 0, 0, 0, 0, 4, 0, (byte) (initialWindow >> 16),
				(byte) (initialWindow >> 8), (byte) initialWindow };
		write(Http2Frames.frame(Http2Frames.SETTINGS, 0, 0, settings));
	}

	/**
	 * Write between the frames of the streams.
	 * @param bytes whole frames
	 * @throws IOException if the connection has ended
	 */
	void write(byte[] bytes) throws IOException {
		synchronized (this.wire) {
			this.pipe.write(bytes, 0, bytes.length);
		}
	}

	synchronized void opened(Http2Stream stream, int size) {
		if (stream == null) {
			this.window += size;
		}
		else {
			stream.window += size;
		}
		notifyAll();
	}

	synchronized void settings(byte[] payload) {
		for (int i = 0; i + 6 <= payload.length; i += 6) {
			if (payload[i + 1] == 4) {
				int size = java.nio.ByteBuffer.wrap(payload, i + 2, 4).getInt();
				long more = size - this.streamWindow;
				this.streamWindow = size;
				this.begun.forEach((stream) -> stream.window += more);
			}
		}
		notifyAll();
	}

	/**
	 * The server wants no more of a stream.
	 * @param stream the stream
	 */
	synchronized void over(Http2Stream stream) {
		stream.frames.clear();
		notifyAll();
	}

	synchronized void stop() {
		this.stopped = true;
		notifyAll();
	}

	boolean hasAborted() {
		return this.aborted;
	}

}
