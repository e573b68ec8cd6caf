package io.serverhardening.deduplication.redis;

import java.util.Set;
import java.util.concurrent.TimeoutException;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

import io.lettuce.core.RedisCommandExecutionException;
import io.lettuce.core.RedisCommandTimeoutException;
import io.serverhardening.deduplication.record.StoreRefusal;
import org.jspecify.annotations.Nullable;

/**
 * Tells what Redis means by an error reply. What it says beside its code may hold names
 * of users and keys, and goes nowhere.
 */
final class Refusals {

	/** Before Redis 7 the code stands within the words of the script that failed. */
	private static final Pattern CODE = Pattern.compile("\\b(READONLY|OOM|NOPERM|NOAUTH|WRONGPASS|MISCONF|NOREPLICAS|"
			+ "CLUSTERDOWN|CROSSSLOT|MASTERDOWN|LOADING|TRYAGAIN|MOVED|ASK|BUSY|WRONGTYPE)\\b");

	/** The server that is connected is not, or no longer, the one to ask. */
	private static final Set<String> ELSEWHERE = Set.of("READONLY", "MASTERDOWN");

	private Refusals() {
	}

	/**
	 * Say of an error whether it was a refusal.
	 * @param error what the client of Redis said
	 * @return the refusal, or the error itself where Redis has not answered
	 */
	static Throwable of(Throwable error) {
		if (find(error, RedisCommandTimeoutException.class) != null) {
			// The client has waited for less long than we would have.
			return (TimeoutException) new TimeoutException("Redis did not answer in time").initCause(error);
		}
		RedisCommandExecutionException reply = find(error, RedisCommandExecutionException.class);
		if (reply == null) {
			return error;
		}
		String message = (reply.getMessage() != null) ? reply.getMessage() : "";
		Matcher code = CODE.matcher(message);
		if (code.find()) {
			return new StoreRefusal(code.group(), code.group().equals("WRONGTYPE"), error);
		}
		// A script that stumbles over what it finds in a record. An unknown command is
		// another matter: no message will ever be taken.
		return new StoreRefusal("ERR", message.contains("script") && !message.contains("nknown"), error);
	}

	/**
	 * Whether only a new connection leads to a server that would take it.
	 * @param error the error
	 * @return {@code true} for a primary that has become a replica
	 */
	static boolean isElsewhere(Throwable error) {
		return error instanceof StoreRefusal refusal && ELSEWHERE.contains(refusal.code());
	}

	private static <T extends Throwable> @Nullable T find(Throwable error, Class<T> type) {
		for (Throwable cause = error; cause != null; cause = cause.getCause()) {
			if (type.isInstance(cause)) {
				return type.cast(cause);
			}
		}
		return null;
	}

}
