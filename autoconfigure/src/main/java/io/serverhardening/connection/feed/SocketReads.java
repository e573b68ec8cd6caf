package io.serverhardening.connection.feed;

import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.serverhardening.internal.LibraryVersion;
import org.jspecify.annotations.Nullable;
import reactor.netty.http.server.HttpServer;

/**
 * Whether the socket of a connection is read: not while bytes wait that the codec has not
 * been given, and once more where the server may have forgotten to.
 */
final class SocketReads {

	/** A second time, for what was still to come when the first was asked for. */
	private static final int LOOKS = 2;

	/** Whether Reactor Netty may forget to read, or does not say which it is. */
	private static final boolean FORGETFUL = isForgetful(LibraryVersion.of(HttpServer.class));

	private final Channel channel;

	/**
	 * How often the connection is to be read again once it is idle, after something was
	 * read or answered: what the server has yet to do may take the first back.
	 */
	private int looks;

	/** Whether somebody has asked to read while bytes waited. */
	private boolean wanted;

	private boolean autoReadStopped;

	SocketReads(Channel channel) {
		this.channel = channel;
	}

	/**
	 * Whether a version of Reactor Netty may forget to read (reactor-netty#4361).
	 * @param version the version
	 * @return {@code false} only for one that is known not to
	 */
	static boolean isForgetful(@Nullable LibraryVersion version) {
		return version == null || version.isBefore(1, 3, 8);
	}

	/**
	 * Something was read or answered.
	 */
	void stirred() {
		this.looks = LOOKS;
	}

	/**
	 * Read an idle connection again. Reactor Netty before 1.3.8 forgets to read when a
	 * request that came before the one before it was over is answered at once: the next
	 * would never be heard. Where it did not forget, this changes nothing.
	 */
	void again() {
		if (FORGETFUL && this.looks > 0) {
			this.looks--;
			this.channel.read();
		}
	}

	/**
	 * Bytes wait: read no more.
	 */
	void stop() {
		if (this.channel.config().isAutoRead()) {
			// Epoll reads on by itself as long as this says so: no handler is asked.
			this.autoReadStopped = true;
			this.channel.config().setAutoRead(false);
		}
	}

	/**
	 * Somebody wants to read while bytes wait.
	 */
	void want() {
		this.wanted = true;
	}

	/**
	 * Nothing waits any more: read if somebody wants to.
	 * @param context who is next to be asked
	 */
	void goOn(ChannelHandlerContext context) {
		byItself();
		if (this.wanted) {
			this.wanted = false;
			context.read();
		}
	}

	/**
	 * Have the socket read by itself again, if that was stopped here.
	 */
	void byItself() {
		if (this.autoReadStopped) {
			this.autoReadStopped = false;
			this.channel.config().setAutoRead(true);
		}
	}

	/**
	 * Somebody reads from now on as much as is asked for, and has seen to it that nothing
	 * is read before: the handler of a request, or that of a WebSocket. Reactor Netty
	 * would keep what is read and not asked for, however much it is.
	 */
	void onDemand() {
		this.autoReadStopped = false;
	}

}
