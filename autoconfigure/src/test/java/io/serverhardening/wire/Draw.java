package io.serverhardening.wire;

import java.util.ArrayList;
import java.util.Collections;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;

import io.serverhardening.wire.Message.Framing;
import io.serverhardening.wire.Pipeline.Cuts;

/**
 * Draws pipelines by lot.
 */
final class Draw {

	private static final int[] BODIES = { 0, 1, 10, 100, 1000, 1023, 1024, 1025, 1500, 5000, 20_000, 32_768, 32_769,
			40_000 };

	private static final int[] ANSWERS = { 0, 1, 20, 20, 20, 500, 2000, 10_000, 70_000, 300_000 };

	private final SplittableRandom random;

	private final boolean http2;

	private Draw(long seed, boolean http2) {
		this.random = new SplittableRandom(seed);
		this.http2 = http2;
	}

	static Pipeline pipeline(long seed, boolean http2) {
		return new Draw(seed, http2).pipeline(seed);
	}

	private Pipeline pipeline(long seed) {
		List<Message> messages = new ArrayList<>();
		if (this.http2) {
			draw(messages, this.random.nextInt(1, 50));
		}
		else if (one(40)) {
			// Many small ones behind a slow one: they wait in the server.
			messages.add(Message.parse("GET free?wait=" + this.random.nextInt(5, 80)));
			messages.addAll(Collections.nCopies(this.random.nextInt(50, 1500), Message.parse("GET free?size=10")));
		}
		else {
			draw(messages, one(4) ? this.random.nextInt(20, 60) : this.random.nextInt(1, 15));
			ending(messages);
		}
		List<Cuts> all = List.of(Cuts.values());
		Cuts cuts = all.get(this.random.nextInt(all.size()));
		return new Pipeline(one(3) ? Cuts.WHOLE : cuts, seed, one(4), one(12), messages);
	}

	private void draw(List<Message> messages, int count) {
		for (int i = 0; i < count; i++) {
			messages.add(message());
		}
	}

	private void ending(List<Message> messages) {
		if (one(30)) {
			messages.add(Message.of("GET", "socket", "", Framing.NONE, 0, List.of(Trait.WEBSOCKET)));
		}
		else if (one(30)) {
			messages.add(Message.of("GET", "free", "", Framing.NONE, 0, List.of(Trait.H2C)));
		}
		else if (one(10)) {
			Trait bad = any(Trait.BAD_LINE, Trait.TWO_LENGTHS, Trait.BAD_VERSION, Trait.LARGE_HEAD, Trait.BAD_CHUNK);
			messages.add((bad == Trait.BAD_CHUNK)
					? Message.of("POST", any("small", "free"), "read=" + any("all", "no", "piece"), Framing.CHUNKED,
							any(BODIES), one(2) ? List.of(bad) : List.of(bad, Trait.PIECES))
					: Message.of("GET", "free", "", Framing.NONE, 0, List.of(bad)));
		}
	}

	private boolean one(int of) {
		return this.random.nextInt(of) == 0;
	}

	@SafeVarargs
	private <T> T any(T... of) {
		return of[this.random.nextInt(of.length)];
	}

	private int any(int[] of) {
		return of[this.random.nextInt(of.length)];
	}

	private Message message() {
		Set<Trait> traits = EnumSet.noneOf(Trait.class);
		String method = any("GET", "GET", "POST", "POST", "POST", "PUT", "HEAD", "OPTIONS");
		Framing framing = Framing.NONE;
		int size = 0;
		if (method.equals("POST") || method.equals("PUT") || one(20)) {
			framing = any(Framing.COUNTED, Framing.CHUNKED);
			size = one(3) ? any(BODIES) : this.random.nextInt(2000);
			body(traits, framing, size);
		}
		if (method.equals("OPTIONS") && one(2)) {
			traits.add(Trait.PREFLIGHT);
		}
		if (one(8)) {
			traits.add(Trait.ORIGIN);
		}
		String route = one(12) ? any("rated", "narrow", "broken") : any("small", "small", "large", "free");
		if (!this.http2) {
			connection(traits);
		}
		else if (one(8)) {
			traits.add(Trait.RESET);
		}
		if (one(80)) {
			return new Message(method, "dead", "read=" + any("all", "no") + "&fail=never", framing, size, traits);
		}
		return new Message(method, route, query(framing), framing, size, traits);
	}

	private void body(Set<Trait> traits, Framing framing, int size) {
		for (Trait trait : List.of(Trait.PIECES, Trait.LATE_END)) {
			if (one(3)) {
				traits.add(trait);
			}
		}
		if (framing == Framing.CHUNKED) {
			for (Trait trait : List.of(Trait.EXTENSIONS, Trait.TRAILERS)) {
				if (one(6)) {
					traits.add(trait);
				}
			}
		}
		if (one(8)) {
			traits.add(any(Trait.EXPECT, Trait.EXPECT_WAIT));
		}
		if (this.http2 && framing == Framing.COUNTED && size > 0 && one(20)) {
			traits.add(Trait.SHORT);
		}
	}

	private void connection(Set<Trait> traits) {
		if (one(40)) {
			traits.add(Trait.CLOSE);
		}
		else if (one(40) && !traits.contains(Trait.EXPECT) && !traits.contains(Trait.EXPECT_WAIT)) {
			traits.add(Trait.HTTP_1_0);
			if (one(2)) {
				traits.add(Trait.KEEP_ALIVE);
			}
		}
		else if (one(12)) {
			traits.add(any(Trait.OTHER_PROTOCOL, Trait.H2C_WITHOUT_SETTINGS));
		}
	}

	private String query(Framing framing) {
		List<String> wishes = new ArrayList<>();
		if (framing != Framing.NONE || one(4)) {
			wishes.add("read=" + any("all", "all", "all", "late", "no", "piece"));
		}
		if (one(6)) {
			wishes.add("wait=" + this.random.nextInt(1, 8));
		}
		if (one(2)) {
			wishes.add("size=" + any(ANSWERS));
		}
		if (one(2)) {
			wishes.add("as=" + any("counted", "pieces", "elsewhere", "nothing"));
		}
		if (one(20)) {
			wishes.add("fail=" + any("before", "thrown", "after"));
		}
		return String.join("&", wishes);
	}

}
