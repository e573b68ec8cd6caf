package io.serverhardening.connection;

import java.io.IOException;

import javax.net.ssl.SSLException;

import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.ssl.SslCloseCompletionEvent;
import io.netty.handler.ssl.SslHandler;
import io.netty.handler.ssl.SslHandshakeCompletionEvent;
import io.serverhardening.connection.registry.Connections;
import io.serverhardening.connection.registry.Handshake;
import io.serverhardening.connection.timeline.ConnectionPhase;
import io.serverhardening.connection.timeline.ConnectionTimeline;
import io.serverhardening.internal.channel.CloseReason;
import io.serverhardening.internal.time.LoopClock;

/**
 * What becomes of the TLS of a connection, and of what fails before there is HTTP.
 */
final class HandshakeWatch {

	private final Channel channel;

	private final Connections connections;

	private final LoopClock clock;

	private final ConnectionTimeline timeline;

	private final ConnectionEnding ending;

	private final ConnectionExchanges exchanges;

	HandshakeWatch(Channel channel, Connections connections, LoopClock clock, ConnectionTimeline timeline,
			ConnectionEnding ending, ConnectionExchanges exchanges) {
		this.channel = channel;
		this.connections = connections;
		this.clock = clock;
		this.timeline = timeline;
		this.ending = ending;
		this.exchanges = exchanges;
	}

	/**
	 * Something has happened of which the other handlers do not know yet.
	 * @param context who is next to hear of it
	 * @param event what
	 */
	void happened(ChannelHandlerContext context, Object event) {
		if (passes(event)) {
			context.fireUserEventTriggered(event);
			passed(event);
		}
	}

	private boolean passes(Object event) {
		if (event instanceof SslHandshakeCompletionEvent handshake && !handshake.isSuccess()) {
			// Whoever comes next would write it to the log, each time.
			this.ending.failed();
			return false;
		}
		if (event == SslCloseCompletionEvent.SUCCESS && this.timeline.phase() != ConnectionPhase.HANDSHAKE) {
			// The client has said goodbye. Whoever comes next closes the connection for
			// it, which would look as if the server had had the idea.
			this.ending.because(CloseReason.CLIENT);
		}
		return true;
	}

	private void passed(Object event) {
		if (event instanceof SslHandshakeCompletionEvent && this.timeline.phase() == ConnectionPhase.HANDSHAKE) {
			SslHandler tls = this.channel.pipeline().get(SslHandler.class);
			this.connections.handshake(Handshake.success((tls != null) ? tls.engine().getSession().getProtocol() : ""));
			this.timeline.established(this.clock.now());
			TlsRecords.established(this.channel, tls);
			// Which of the two it is was not known before.
			this.exchanges.install();
		}
	}

	/**
	 * Something has failed.
	 * @param cause what
	 * @return {@code false} if the other handlers are to hear of it
	 */
	boolean fails(Throwable cause) {
		boolean early = this.timeline.phase() == ConnectionPhase.HANDSHAKE || this.ending.hasFailedHandshake();
		boolean tls = cause instanceof SSLException || cause.getCause() instanceof SSLException;
		if (tls || (early && !(cause instanceof IOException))) {
			this.ending.failed();
		}
		else if (cause instanceof IOException) {
			// The client has gone, and its requests hear of it when the channel closes:
			// as an error they would be logged as the application's, with a stack each.
			this.ending.because(CloseReason.CLIENT);
			this.ending.cut();
		}
		else {
			return false;
		}
		return true;
	}

}
