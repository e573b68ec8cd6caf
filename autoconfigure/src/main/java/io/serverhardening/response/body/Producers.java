package io.serverhardening.response.body;

import java.util.ArrayList;
import java.util.List;

/**
 * The bodies that wait for a channel to become writable: one for a response, and as many
 * as its handler sends at once for a WebSocket. Used on the channel's event loop.
 */
public final class Producers implements Runnable {

	private final List<PacedBody<?>> bodies = new ArrayList<>(1);

	/**
	 * Add one.
	 * @param body a body that is about to be produced
	 */
	public void add(PacedBody<?> body) {
		// A handler may send one after another for as long as its session lasts.
		this.bodies.removeIf(PacedBody::isDone);
		this.bodies.add(body);
	}

	/**
	 * There is room.
	 */
	@Override
	public void run() {
		// One may begin another.
		for (PacedBody<?> body : this.bodies.toArray(PacedBody<?>[]::new)) {
			body.run();
		}
	}

}
