package io.serverhardening.benchmarks;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;

/**
 * What has happened, in the order in which it has: a file that several processes append
 * to, and that outlives them. A line is one write, so lines of two writers never mix, and
 * one that is there was written before its writer was killed.
 */
final class Ledger implements AutoCloseable {

	/** MESSAGE RUN INSTANCE STORE ATTEMPT: a handler has begun. */
	static final String BEGUN = "begun";

	/** MESSAGE RUN: a handler has done what must not be done twice. */
	static final String WRITTEN = "written";

	/** MESSAGE RUN: a sender has got its answer, which says by which run it was made. */
	static final String ANSWERED = "answered";

	/** WHO: is killed from here on. */
	static final String KILL = "kill";

	/** A run that was granted by the store, and one that an instance granted itself. */
	static final String SHARED = "shared";

	static final String ALONE = "alone";

	private final FileChannel channel;

	/**
	 * Open the ledger.
	 * @param path the file, which need not be there
	 */
	Ledger(Path path) {
		try {
			this.channel = FileChannel.open(path, StandardOpenOption.CREATE, StandardOpenOption.APPEND);
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

	/**
	 * Write a line.
	 * @param kind what has happened
	 * @param words to what
	 */
	void write(String kind, String... words) {
		String line = System.currentTimeMillis() + " " + kind + " " + String.join(" ", words) + "\n";
		ByteBuffer bytes = ByteBuffer.wrap(line.getBytes(StandardCharsets.UTF_8));
		try {
			this.channel.write(bytes);
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
		if (bytes.hasRemaining()) {
			throw new IllegalStateException("The ledger took half a line");
		}
	}

	/**
	 * Read a ledger.
	 * @param path the file
	 * @return its lines
	 */
	static List<Line> read(Path path) {
		try {
			List<Line> lines = new ArrayList<>();
			for (String text : Files.readAllLines(path)) {
				String[] words = text.split(" ", -1);
				lines.add(new Line(lines.size(), Long.parseLong(words[0]), words[1],
						List.of(words).subList(2, words.length)));
			}
			return lines;
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

	@Override
	public void close() {
		try {
			this.channel.close();
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

	/**
	 * A line.
	 *
	 * @param number the first is 0
	 * @param millis when it was written; the order is that of the numbers
	 * @param kind what has happened
	 * @param words to what
	 */
	record Line(int number, long millis, String kind, List<String> words) {

	}

}
