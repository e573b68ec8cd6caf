package io.serverhardening.wire;

import java.io.IOException;
import java.net.SocketTimeoutException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.Executor;

import io.serverhardening.testing.Pause;
import io.serverhardening.wire.Http2Frames.Frame;
import io.serverhardening.wire.Message.Framing;
import org.jspecify.annotations.Nullable;

/**
 * Sends the requests of a pipeline as streams of one HTTP/2 connection, and sees whether
 * each answer is that of its request.
 */
final class Http2Client {

	private static final Message LAST = Message.of("GET", "free", "size=7", Framing.NONE, 0, List.of());

	private final Executor executor;

	Http2Client(Executor executor) {
		this.executor = executor;
	}

	/**
	 * Send a pipeline.
	 * @param pipe the connection
	 * @param pipeline the pipeline
	 * @return what is wrong, or {@code null}
	 */
	@Nullable String run(Pipe pipe, Pipeline pipeline) {
		SplittableRandom random = new SplittableRandom(pipeline.seed());
		Map<Integer, Http2Stream> streams = new LinkedHashMap<>();
		for (Message message : pipeline.messages()) {
			int id = 2 * streams.size() + 1;
			streams.put(id, new Http2Stream(id, message, Content.mark(), random));
		}
		Http2Frames codec = new Http2Frames(pipe);
		Http2Writer writer = new Http2Writer(pipe, codec, pipeline, streams.values(), random.split());
		Reading reading = new Reading(codec, writer, streams, pipeline.slow(), random.split());
		try (pipe) {
			writer.begin(new int[] { 65_535, 16_384, 1_000_000 }[random.nextInt(3)]);
			this.executor.execute(writer);
			reading.run();
			if (!writer.hasAborted()) {
				int id = 2 * streams.size() + 1;
				Http2Stream last = new Http2Stream(id, LAST, Content.mark(), random);
				streams.put(id, last);
				last.frames.clear();
				writer.write(Http2Frames.frame(Http2Frames.HEADERS, Http2Frames.END_HEADERS | Http2Frames.END_STREAM,
						id, codec.encode(id, last.fields())));
				reading.run();
			}
		}
		catch (SocketTimeoutException ex) {
			return reading.left("it is stuck");
		}
		catch (IOException ex) {
			if (!writer.hasAborted()) {
				return reading.left("the connection ended: " + ex);
			}
			streams.values().forEach((stream) -> stream.givenUp = true);
		}
		catch (WrongFrameException ex) {
			return ex.getMessage();
		}
		finally {
			writer.stop();
		}
		for (Http2Stream stream : streams.values()) {
			String mismatch = stream.mismatch();
			if (mismatch != null) {
				return stream + ": " + mismatch;
			}
		}
		return null;
	}

	/**
	 * A frame that may not come.
	 */
	private static final class WrongFrameException extends RuntimeException {

		WrongFrameException(String message) {
			super(message);
		}

	}

	/**
	 * What comes of all streams.
	 */
	private record Reading(Http2Frames codec, Http2Writer writer, Map<Integer, Http2Stream> streams, boolean slow,
			SplittableRandom random) {

		void run() throws IOException {
			while (!this.streams.values().stream().allMatch((stream) -> stream.isOver() || stream.givenUp)) {
				Frame frame = this.codec.read();
				if (this.slow && this.random.nextInt(8) == 0) {
					Pause.millis(1);
				}
				if (frame.stream() == 0) {
					control(frame);
				}
				else {
					take(frame);
				}
			}
		}

		private void control(Frame frame) throws IOException {
			switch (frame.type()) {
				case Http2Frames.SETTINGS -> {
					if (!frame.has(Http2Frames.ACK)) {
						this.writer.settings(frame.payload());
						this.writer.write(Http2Frames.frame(Http2Frames.SETTINGS, Http2Frames.ACK, 0, new byte[0]));
					}
				}
				case Http2Frames.PING -> {
					if (!frame.has(Http2Frames.ACK)) {
						this.writer.write(Http2Frames.frame(Http2Frames.PING, Http2Frames.ACK, 0, frame.payload()));
					}
				}
				case Http2Frames.WINDOW_UPDATE -> this.writer.opened(null, frame.number());
				case Http2Frames.GOAWAY -> throw new WrongFrameException(
						left("GOAWAY " + new String(frame.payload(), java.nio.charset.StandardCharsets.US_ASCII)));
				default -> throw new WrongFrameException("a frame of type " + frame.type() + " for the connection");
			}
		}

		private void take(Frame frame) throws IOException {
			Http2Stream stream = this.streams.get(frame.stream());
			if (stream == null) {
				throw new WrongFrameException("a frame of type " + frame.type() + " for stream " + frame.stream());
			}
			if (frame.type() == Http2Frames.WINDOW_UPDATE) {
				this.writer.opened(stream, frame.number());
				return;
			}
			Map<String, String> fields = (frame.type() == Http2Frames.HEADERS)
					? this.codec.decode(frame.stream(), frame.payload()) : null;
			String wrong = stream.take(frame, fields);
			if (wrong != null) {
				throw new WrongFrameException(stream + ": " + wrong);
			}
			if (frame.type() == Http2Frames.RST_STREAM) {
				this.writer.over(stream);
			}
			if (frame.type() == Http2Frames.DATA && frame.payload().length > 0) {
				byte[] more = Http2Frames.number(frame.payload().length);
				this.writer.write(Http2Frames.frame(Http2Frames.WINDOW_UPDATE, 0, 0, more));
				if (!stream.isOver()) {
					this.writer.write(Http2Frames.frame(Http2Frames.WINDOW_UPDATE, 0, frame.stream(), more));
				}
			}
		}

		String left(String what) {
			return what + ", when these were left: "
					+ this.streams.values().stream().filter((stream) -> !stream.isOver()).toList();
		}

	}

}
