package io.serverhardening.wire;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.Executor;

import io.serverhardening.wire.Http1Reader.Answer;
import io.serverhardening.wire.Http1Reader.End;
import io.serverhardening.wire.Message.Framing;
import org.jspecify.annotations.Nullable;

/**
 * Sends a pipeline over HTTP/1.1, and sees whether each answer is that of its request.
 */
final class Http1Client {

	/** The last request: after its answer nothing may come. */
	static final Message LAST = Message.of("GET", "free", "size=7", Framing.NONE, 0, List.of(Trait.CLOSE));

	private final Executor executor;

	Http1Client(Executor executor) {
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
		List<Message> messages = new ArrayList<>(pipeline.messages());
		if (messages.isEmpty() || !endsByItself(messages.get(messages.size() - 1))) {
			messages.add(LAST);
		}
		List<String> marks = messages.stream().map((message) -> Content.mark()).toList();
		Http1Writer writer = new Http1Writer(pipe, pipeline, messages, marks, random.split());
		Http1Reader reader = new Http1Reader(pipe, pipeline.slow(), random.split());
		this.executor.execute(writer);
		try (pipe) {
			return new Reading(pipe, messages, marks, writer, reader).run();
		}
		finally {
			writer.stop();
		}
	}

	private static boolean endsByItself(Message message) {
		return message.is(Trait.H2C) || (message.is(Trait.WEBSOCKET) && message.route().equals("socket"));
	}

	/**
	 * One connection.
	 */
	private record Reading(Pipe pipe, List<Message> messages, List<String> marks, Http1Writer writer,
			Http1Reader reader) {

		@Nullable String run() {
			for (int i = 0; i < this.messages.size(); i++) {
				Message message = this.messages.get(i);
				Answer answer = this.reader.read(message.method().equals("HEAD"));
				while (answer.isInterim() && answer.end() == End.WHOLE && answer.problem() == null) {
					if (answer.status() != 100 || !(message.is(Trait.EXPECT) || message.is(Trait.EXPECT_WAIT))) {
						return at(i, answer, "nothing was asked that way");
					}
					this.writer.answered(i, false);
					answer = this.reader.read(message.method().equals("HEAD"));
				}
				this.writer.answered(i, true);
				if (answer.problem() != null) {
					return at(i, answer, "it is no answer");
				}
				if (answer.end() != End.WHOLE) {
					return incomplete(i, answer);
				}
				String mismatch = mismatch(i, answer);
				if (mismatch != null) {
					return at(i, answer, mismatch);
				}
				if (answer.status() == 101) {
					return upgraded(i, answer);
				}
				if (answer.closes()) {
					return ended(i, answer);
				}
			}
			return null;
		}

		private @Nullable String mismatch(int i, Answer answer) {
			Message message = this.messages.get(i);
			if (message.is(Trait.H2C) && answer.status() == 101) {
				return null;
			}
			String mismatch = "it may not get such an answer, but " + Allowed.of(message);
			for (Allowed.Answer allowed : Allowed.of(message)) {
				if (allowed.status() == answer.status()) {
					mismatch = mismatch(message, this.marks.get(i), answer, allowed);
					if (mismatch == null) {
						return null;
					}
				}
			}
			return mismatch;
		}

		private static @Nullable String mismatch(Message message, String mark, Answer answer, Allowed.Answer allowed) {
			if (allowed.marked() ? !mark.equals(answer.headers().get("x-mark"))
					: answer.headers().containsKey("x-mark")) {
				return "it has not its mark " + mark;
			}
			if (allowed.close() == Allowed.Close.MUST && !answer.closes()) {
				return "it does not announce that the connection ends";
			}
			if (allowed.close() == Allowed.Close.NEVER && answer.closes()) {
				return "it announces that the connection ends";
			}
			return Bodies.mismatch(message, mark, answer.headers(), answer.body(), allowed);
		}

		private @Nullable String incomplete(int i, Answer answer) {
			if (this.writer.hasAborted()) {
				return Bodies.foreign(this.messages.get(i), this.marks.get(i), answer.headers(), answer.body());
			}
			boolean due = Allowed.mayBeCut(this.messages.get(i))
					|| (i > 0 && this.messages.get(i - 1).is(Trait.BAD_CHUNK));
			if (answer.end() == End.RESET && !due) {
				// A reset may overtake answers that the socket still had.
				due = this.messages.subList(i, this.messages.size()).stream().anyMatch(Allowed::mayBeCut);
			}
			if (!due || answer.end() == End.STUCK) {
				return at(i, answer, "nothing ends it so");
			}
			String foreign = Bodies.foreign(this.messages.get(i), this.marks.get(i), answer.headers(), answer.body());
			return (foreign != null) ? at(i, answer, foreign) : null;
		}

		private @Nullable String ended(int i, Answer last) {
			Answer more = this.reader.read(false);
			if (more.status() != 0 || more.problem() != null) {
				return at(i, last, "it was the last, but there came " + more);
			}
			return (more.end() == End.STUCK) ? at(i, last, "the connection does not end after it") : null;
		}

		private @Nullable String upgraded(int i, Answer answer) {
			try {
				if (this.messages.get(i).is(Trait.H2C)) {
					byte[] settings = new byte[9];
					for (int at = 0; at < settings.length; at++) {
						settings[at] = (byte) this.reader.next();
					}
					return (settings[3] == 4) ? null : at(i, answer, "no settings but " + Arrays.toString(settings));
				}
				byte[] text = this.marks.get(i).getBytes(StandardCharsets.US_ASCII);
				byte[] frame = new byte[6 + text.length];
				frame[0] = (byte) 0x81;
				frame[1] = (byte) (0x80 | text.length);
				System.arraycopy(text, 0, frame, 6, text.length);
				this.pipe.write(frame, 0, frame.length);
				StringBuilder echo = new StringBuilder();
				for (int at = 0; at < 2 + "echo ".length() + text.length; at++) {
					echo.append((char) this.reader.next());
				}
				return echo.substring(2).equals("echo " + this.marks.get(i)) ? null
						: at(i, answer, "the echo was " + echo);
			}
			catch (java.io.IOException ex) {
				return this.writer.hasAborted() ? null : at(i, answer, "after the upgrade: " + ex);
			}
		}

		private String at(int i, Answer answer, String what) {
			return "request " + i + " of " + this.messages.size() + ", " + this.messages.get(i) + " with the mark "
					+ this.marks.get(i) + ", got " + answer + " '"
					+ new String(answer.body(), 0, Math.min(300, answer.body().length), StandardCharsets.ISO_8859_1)
					+ "': " + what;
		}

	}

}
