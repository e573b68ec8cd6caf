package io.serverhardening.connection.timeline;

/**
 * What a connection is doing, as far as its clocks are concerned.
 */
public enum ConnectionPhase {

	/** TLS is being established: {@code handshake-timeout}. */
	HANDSHAKE,

	/** Nothing has come yet: {@code header-timeout}. */
	NEW,

	/** A head has begun: {@code header-timeout}. */
	HEAD,

	/** Requests are under way, with clocks of their own. */
	OPEN,

	/** The response is done, and the body of its request is not. */
	DRAINING,

	/** Between requests: {@code idle-timeout}. */
	IDLE,

	/** No HTTP any more, and no clock of HTTP. */
	UPGRADED,

	/** {@code GOAWAY} is out: the streams that are open go on, and then it ends. */
	PARTING,

	/** Told to close, or with its last answer: what still comes is thrown away. */
	LEAVING,

	/** The last answer is out, and the socket half closed. */
	LINGERING

}
