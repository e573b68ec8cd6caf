package io.serverhardening.wire;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * Requests on one connection, and how they come.
 *
 * @param cuts where the bytes are cut into writes
 * @param seed of what is random about it: places, pauses, sizes of records and frames
 * @param slow whether the client reads slowly
 * @param abort whether the client leaves in the midst
 * @param messages the requests
 */
record Pipeline(Cuts cuts, long seed, boolean slow, boolean abort, List<Message> messages) {

	/**
	 * Leave out requests.
	 * @param from the first to leave out
	 * @param to the first to keep again
	 * @return the rest
	 */
	Pipeline without(int from, int to) {
		List<Message> rest = new ArrayList<>(this.messages.subList(0, from));
		rest.addAll(this.messages.subList(to, this.messages.size()));
		return with(rest);
	}

	Pipeline with(List<Message> messages) {
		return new Pipeline(this.cuts, this.seed, this.slow, this.abort, messages);
	}

	@Override
	public String toString() {
		StringBuilder text = new StringBuilder("cuts=").append(this.cuts.name().toLowerCase(Locale.ROOT))
			.append(" seed=")
			.append(this.seed)
			.append(this.slow ? " slow" : "")
			.append(this.abort ? " abort" : "");
		for (int i = 0; i < this.messages.size();) {
			int same = 1;
			while (i + same < this.messages.size() && this.messages.get(i + same).equals(this.messages.get(i))) {
				same++;
			}
			text.append('\n').append((same > 1) ? same + " x " : "").append(this.messages.get(i));
			i += same;
		}
		return text.toString();
	}

	static Pipeline parse(String text) {
		List<String> lines = text.strip().lines().toList();
		String[] words = lines.get(0).split(" ");
		List<Message> messages = new ArrayList<>();
		for (String line : lines.subList(1, lines.size())) {
			int times = line.contains(" x ") ? Integer.parseInt(line.substring(0, line.indexOf(' '))) : 1;
			Message message = Message.parse((times > 1) ? line.substring(line.indexOf(" x ") + 3) : line);
			for (int i = 0; i < times; i++) {
				messages.add(message);
			}
		}
		List<String> flags = List.of(words);
		return new Pipeline(Cuts.valueOf(words[0].substring("cuts=".length()).toUpperCase(Locale.ROOT)),
				Long.parseLong(words[1].substring("seed=".length())), flags.contains("slow"), flags.contains("abort"),
				messages);
	}

	/**
	 * Where a pipeline is cut.
	 */
	enum Cuts {

		/** All in one write. */
		WHOLE,

		/** A write for each request. */
		EACH,

		/** Anywhere. */
		ANYWHERE,

		/** A byte or so beside where a request begins. */
		EDGES,

		/** Each byte by itself, if there are few of them. */
		BYTES

	}

}
