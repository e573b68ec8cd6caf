package io.serverhardening.wire;

import java.util.Collection;
import java.util.EnumSet;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * One request of a pipeline, before it has a mark. Its text is for people, for replaying
 * and for tests:
 *
 * <pre>POST small?read=all&amp;size=100 chunked:5000 extensions trailers</pre>
 *
 * @param method the method
 * @param route the route of the application that it is for
 * @param query what the handler is asked to do, see {@link MarkedHandlers}
 * @param framing how its body is framed
 * @param size the size of its body
 * @param traits what is peculiar
 */
record Message(String method, String route, String query, Framing framing, int size, Set<Trait> traits) {

	boolean is(Trait trait) {
		return this.traits.contains(trait);
	}

	boolean asks(String wish) {
		return this.query.contains(wish);
	}

	boolean hasBody() {
		return this.framing != Framing.NONE;
	}

	/**
	 * Return how large its body says it is, or is.
	 * @return the size in bytes
	 */
	int announced() {
		return this.size + (is(Trait.SHORT) ? 5 : 0);
	}

	/**
	 * Return how large its answer is to be.
	 * @return the size in bytes
	 */
	int answerSize() {
		int at = this.query.indexOf("size=");
		if (at < 0) {
			return 20;
		}
		int end = this.query.indexOf('&', at);
		return Integer.parseInt(this.query.substring(at + 5, (end < 0) ? this.query.length() : end));
	}

	String target(String mark) {
		return "/w/" + this.route + "/" + mark + (this.query.isEmpty() ? "" : "?" + this.query);
	}

	@Override
	public String toString() {
		String body = switch (this.framing) {
			case NONE -> "";
			case COUNTED -> " counted:" + this.size;
			case CHUNKED -> " chunked:" + this.size;
		};
		return this.method + " " + this.route + (this.query.isEmpty() ? "" : "?" + this.query) + body
				+ this.traits.stream().map((trait) -> " " + trait.text()).collect(Collectors.joining());
	}

	static Message of(String method, String route, String query, Framing framing, int size, Collection<Trait> traits) {
		Set<Trait> all = EnumSet.noneOf(Trait.class);
		all.addAll(traits);
		return new Message(method, route, query, framing, size, all);
	}

	static Message parse(String text) {
		String[] words = text.strip().split(" ", -1);
		int mark = words[1].indexOf('?');
		Framing framing = Framing.NONE;
		int size = 0;
		Set<Trait> traits = EnumSet.noneOf(Trait.class);
		for (int i = 2; i < words.length; i++) {
			int colon = words[i].indexOf(':');
			if (colon < 0) {
				traits.add(Trait.of(words[i]));
			}
			else {
				framing = words[i].startsWith("counted") ? Framing.COUNTED : Framing.CHUNKED;
				size = Integer.parseInt(words[i].substring(colon + 1));
			}
		}
		return new Message(words[0], (mark < 0) ? words[1] : words[1].substring(0, mark),
				(mark < 0) ? "" : words[1].substring(mark + 1), framing, size, traits);
	}

	/**
	 * How a body is framed.
	 */
	enum Framing {

		NONE, COUNTED, CHUNKED

	}

}
