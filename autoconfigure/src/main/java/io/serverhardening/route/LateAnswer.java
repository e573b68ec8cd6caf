package io.serverhardening.route;

import reactor.core.publisher.BaseSubscriber;
import reactor.util.context.Context;

/**
 * Waits for the answer of a refusal that came while the handler was running.
 */
final class LateAnswer extends BaseSubscriber<Void> {

	private final GuardedExchange request;

	LateAnswer(GuardedExchange request) {
		this.request = request;
	}

	@Override
	public Context currentContext() {
		return this.request.currentContext();
	}

	@Override
	protected void hookOnComplete() {
		this.request.answered();
	}

	@Override
	protected void hookOnError(Throwable ex) {
		this.request.notAnswered(ex);
	}

}
