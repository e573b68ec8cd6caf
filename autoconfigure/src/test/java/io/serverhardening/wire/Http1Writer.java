package io.serverhardening.wire;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.TreeSet;

import io.serverhardening.testing.Pause;
import io.serverhardening.wire.Pipeline.Cuts;

/**
 * Writes a pipeline, cut as it says.
 */
final class Http1Writer implements Runnable {

	/** How long a body waits for 100 before it goes without. */
	private static final long PATIENCE_MILLIS = 2000;

	private final Pipe pipe;

	private final byte[] bytes;

	private final int stop;

	private final boolean resets;

	private final TreeSet<Integer> cuts = new TreeSet<>();

	/** Where a pause comes first. */
	private final List<Integer> pauses = new ArrayList<>();

	/** Where a body waits for 100, and the last request for all others, and for what. */
	private final TreeMap<Integer, Integer> waits = new TreeMap<>();

	private final SplittableRandom random;

	private int seen = -1;

	private boolean stopped;

	private volatile boolean aborted;

	@SuppressWarnings("ReferenceEquality")
	Http1Writer(Pipe pipe, Pipeline pipeline, List<Message> messages, List<String> marks, SplittableRandom random) {
		this.pipe = pipe;
		this.random = random;
		ByteArrayOutputStream all = new ByteArrayOutputStream();
		List<Integer> edges = new ArrayList<>();
		for (int i = 0; i < messages.size(); i++) {
			Http1Request request = Http1Request.of(messages.get(i), marks.get(i), random);
			int from = all.size();
			edges.add(from);
			if (messages.get(i).is(Trait.EXPECT_WAIT)) {
				this.waits.put(from + request.head(), 2 * i);
			}
			if (messages.get(i) == Http1Client.LAST && i > 0) {
				this.waits.put(from, 2 * i - 1);
			}
			if (request.late() < request.bytes().length) {
				this.pauses.add(from + request.late());
			}
			all.writeBytes(request.bytes());
		}
		this.bytes = all.toByteArray();
		cut(pipeline.cuts(), edges);
		this.cuts.addAll(this.pauses);
		this.cuts.addAll(this.waits.keySet());
		this.resets = random.nextBoolean();
		this.stop = pipeline.abort() ? 1 + random.nextInt(this.bytes.length) : this.bytes.length;
		this.aborted = false;
		this.cuts.removeIf((cut) -> cut <= 0 || cut >= this.stop);
		this.cuts.add(this.stop);
	}

	private void cut(Cuts cuts, List<Integer> edges) {
		switch (cuts) {
			case WHOLE -> {
			}
			case EACH -> this.cuts.addAll(edges);
			case EDGES -> edges.forEach((edge) -> this.cuts.add(edge + this.random.nextInt(-3, 4)));
			case ANYWHERE -> {
				for (int i = this.random.nextInt(1, 8); i > 0; i--) {
					int cut = this.random.nextInt(this.bytes.length);
					this.cuts.add(cut);
					if (this.random.nextBoolean()) {
						this.pauses.add(cut);
					}
				}
			}
			case BYTES -> {
				for (int i = 0; i < Math.min(600, this.bytes.length); i++) {
					this.cuts.add(i);
				}
			}
		}
	}

	@Override
	public void run() {
		try {
			int from = 0;
			for (int cut : this.cuts) {
				if (this.waits.containsKey(from)) {
					await(this.waits.get(from));
				}
				if (this.pauses.contains(from)) {
					Pause.millis(this.random.nextInt(1, 4));
				}
				this.pipe.write(this.bytes, from, cut - from);
				from = cut;
			}
		}
		catch (IOException ex) {
			// Ended by the server; whoever reads will say whether it may.
		}
		if (this.stop < this.bytes.length) {
			this.aborted = true;
			Pause.millis(this.random.nextInt(0, 10));
			if (this.resets) {
				this.pipe.reset();
			}
			else {
				this.pipe.close();
			}
		}
	}

	private synchronized void await(int answer) {
		// What is even is an answer in the meantime, and may not come.
		long patience = (answer % 2 == 0) ? PATIENCE_MILLIS : 10 * 60_000;
		long end = System.currentTimeMillis() + patience;
		try {
			for (long left = patience; this.seen < answer && !this.stopped
					&& left > 0; left = end - System.currentTimeMillis()) {
				wait(left);
			}
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt();
		}
	}

	/**
	 * An answer to a request has come.
	 * @param request which
	 * @param last whether it was the last to it, and not 100
	 */
	synchronized void answered(int request, boolean last) {
		this.seen = 2 * request + (last ? 1 : 0);
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
