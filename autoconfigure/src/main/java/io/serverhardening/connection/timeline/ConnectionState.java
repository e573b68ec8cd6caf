package io.serverhardening.connection.timeline;

import java.util.Locale;

/**
 * What a connection is doing.
 */
public enum ConnectionState {

	/** Accepted; TLS is not established, or nothing has come yet. */
	NEW,

	/** Between requests. */
	IDLE,

	/** A request's head is arriving. */
	HEAD,

	/** A request's body is arriving. */
	BODY,

	/** The request is with its handler; on HTTP/2, streams are open. */
	HANDLING,

	/** The response is being written. */
	WRITING,

	/** It has become a WebSocket. */
	UPGRADED,

	/** The server has said goodbye and waits for the client to hear it. */
	CLOSING;

	/**
	 * Return the name used in meters.
	 * @return a lowercase word
	 */
	public String code() {
		return name().toLowerCase(Locale.ROOT);
	}

}
