package io.serverhardening.connection.feed;

import java.util.concurrent.TimeUnit;

import io.netty.channel.Channel;
import io.netty.channel.EventLoop;

/**
 * Does something in a later turn of a connection's event loop: behind what Reactor Netty
 * may have put off by a turn, and behind what others have sent.
 * <p>
 * Reactor Netty puts off a look at its queue, for the rest of a request that is answered
 * already. That would take the second of the requests that come now for the next, beside
 * the first. And tasks that are due are looked for between two looks at the sockets.
 */
final class LaterTurn {

	private final Channel channel;

	private final Runnable task;

	/** How often there was a reason to do it. */
	private int turns;

	LaterTurn(Channel channel, Runnable task) {
		this.channel = channel;
		this.task = task;
	}

	/**
	 * Do it, once for all the times that this is asked before its turn has come.
	 */
	@SuppressWarnings("FutureReturnValueIgnored")
	void put() {
		int turn = ++this.turns;
		EventLoop loop = this.channel.eventLoop();
		loop.execute(() -> loop.schedule(() -> runIn(turn), 0, TimeUnit.NANOSECONDS));
	}

	private void runIn(int turn) {
		if (turn == this.turns) {
			try {
				this.task.run();
			}
			catch (Throwable ex) {
				// The loop would keep it to itself, and the connection wait for ever.
				this.channel.pipeline().fireExceptionCaught(ex);
			}
		}
	}

}
