package io.serverhardening.internal.call;

/**
 * A call that others wait for. A class and no record: each is itself and no other.
 */
final class AwaitedCall {

	private final ApplicationCall call;

	private final Object who;

	private final Runnable overdue;

	private final long since;

	AwaitedCall(ApplicationCall call, Object who, Runnable overdue, long since) {
		this.call = call;
		this.who = who;
		this.overdue = overdue;
		this.since = since;
	}

	ApplicationCall call() {
		return this.call;
	}

	Object who() {
		return this.who;
	}

	Runnable overdue() {
		return this.overdue;
	}

	long since() {
		return this.since;
	}

}
