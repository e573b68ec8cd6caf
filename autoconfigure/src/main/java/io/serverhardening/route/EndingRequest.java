package io.serverhardening.route;

import java.util.concurrent.atomic.AtomicReferenceFieldUpdater;

import io.serverhardening.EndAction;
import io.serverhardening.Ending;
import io.serverhardening.GuardedRequest;
import io.serverhardening.internal.call.ApplicationCall;
import io.serverhardening.internal.call.ApplicationCalls;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

/**
 * Who hears that the response of a request has begun, and how the request has ended. Each
 * hears once, also one that comes when it has ended, and none is kept from it by another
 * that throws. A class, and no part of {@link GuardedExchange}, to cost no object.
 */
abstract class EndingRequest extends Mono<Void> implements GuardedRequest {

	private static final AtomicReferenceFieldUpdater<EndingRequest, EndAction> ACTIONS = AtomicReferenceFieldUpdater
		.newUpdater(EndingRequest.class, EndAction.class, "actions");

	/** Stands for the actions of a request that has ended. */
	private static final EndAction ENDED = (ending, error) -> {
	};

	private volatile @Nullable EndAction actions;

	private volatile Ending ending = Ending.COMPLETED;

	abstract ApplicationCalls calls();

	@Override
	public void onEnd(EndAction action) {
		EndAction earlier;
		EndAction both;
		do {
			earlier = this.actions;
			if (earlier == ENDED) {
				tellEnd(action, this.ending, null);
				return;
			}
			both = (earlier != null) ? inTurn(earlier, action) : action;
		}
		while (!ACTIONS.compareAndSet(this, earlier, both));
	}

	private EndAction inTurn(EndAction first, EndAction second) {
		return new EndAction() {

			@Override
			public void onBegun() {
				tellBegun(first);
				tellBegun(second);
			}

			@Override
			public void onEnd(Ending ending, @Nullable Throwable error) {
				tellEnd(first, ending, error);
				tellEnd(second, ending, error);
			}

		};
	}

	void tellBegun() {
		EndAction actions = this.actions;
		if (actions != null) {
			tellBegun(actions);
		}
	}

	private void tellBegun(EndAction action) {
		calls().run(ApplicationCall.END_ACTION, action, action::onBegun);
	}

	void tellEnd(EndAction action, Ending ending, @Nullable Throwable error) {
		calls().run(ApplicationCall.END_ACTION, action, () -> action.onEnd(ending, error));
	}

	/**
	 * End the request.
	 * @param ending how it has ended
	 * @return who is to hear of it, {@code null} for nobody; {@link #hasEnded} tells
	 * whether it had ended before
	 */
	@Nullable EndAction actionsAtEnd(Ending ending) {
		this.ending = ending;
		return ACTIONS.getAndSet(this, ENDED);
	}

	static boolean hasEnded(@Nullable EndAction actions) {
		return actions == ENDED;
	}

}
