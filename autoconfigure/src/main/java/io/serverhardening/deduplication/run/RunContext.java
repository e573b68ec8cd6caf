package io.serverhardening.deduplication.run;

import java.util.Map;
import java.util.stream.Stream;

import io.serverhardening.Deadline;
import io.serverhardening.MessageClaim;
import org.jspecify.annotations.Nullable;
import reactor.util.context.Context;

/**
 * The context of a handler: that of its request, and what is known of its message. A
 * context of Reactor's with four entries or five makes ten strings each time that
 * something is added to it, which operators do.
 *
 * @param request the context of the request
 * @param claim the claim of the message
 * @param deadline how long the handler may take
 */
record RunContext(Context request, MessageClaim claim, Deadline deadline) implements Context {

	@Override
	@SuppressWarnings({ "unchecked", "TypeParameterUnusedInFormals" })
	public <T> T get(Object key) {
		Object own = own(key);
		return (own != null) ? (T) own : this.request.get(key);
	}

	@Override
	public boolean hasKey(Object key) {
		return own(key) != null || this.request.hasKey(key);
	}

	private @Nullable Object own(Object key) {
		return (key == MessageClaim.class) ? this.claim : (key == Deadline.class) ? this.deadline : null;
	}

	@Override
	public Context put(Object key, Object value) {
		return (own(key) != null) ? plain().put(key, value)
				: new RunContext(this.request.put(key, value), this.claim, this.deadline);
	}

	@Override
	public Context delete(Object key) {
		return (own(key) != null) ? plain().delete(key)
				: new RunContext(this.request.delete(key), this.claim, this.deadline);
	}

	private Context plain() {
		return this.request.put(MessageClaim.class, this.claim).put(Deadline.class, this.deadline);
	}

	@Override
	public int size() {
		return this.request.size() + (this.request.hasKey(MessageClaim.class) ? 0 : 1)
				+ (this.request.hasKey(Deadline.class) ? 0 : 1);
	}

	// What propagates contexts asks at each operator.
	@Override
	public boolean isEmpty() {
		return false;
	}

	@Override
	public Stream<Map.Entry<Object, Object>> stream() {
		return plain().stream();
	}

}
