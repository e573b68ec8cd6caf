package io.serverhardening.actuate.section;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

import io.serverhardening.RejectionReason;
import io.serverhardening.actuate.HardeningSection;
import io.serverhardening.internal.message.SenderProfile;
import io.serverhardening.route.RoutePolicy;
import io.serverhardening.route.RoutePolicy.Binding;
import io.serverhardening.route.Routes;
import io.serverhardening.webhook.WebhookActivity;
import io.serverhardening.webhook.WebhookGuard;

/**
 * Who may push, and what has become of pushes. No secrets.
 */
public final class WebhookSection implements HardeningSection {

	private final Routes routes;

	/**
	 * Create the section.
	 * @param routes the routes in force
	 */
	public WebhookSection(Routes routes) {
		this.routes = routes;
	}

	@Override
	public String name() {
		return WebhookGuard.NAME;
	}

	@Override
	public Object describe() {
		Map<String, Map<String, WebhookGuard>> sources = new LinkedHashMap<>();
		guards().forEach((route, guard) -> sources.computeIfAbsent(guard.source().id(), (id) -> new LinkedHashMap<>())
			.put(route, guard));
		Map<String, Object> result = new LinkedHashMap<>();
		sources.forEach((source, guards) -> result.put(source, describe(guards)));
		return result;
	}

	private Map<String, WebhookGuard> guards() {
		Map<String, WebhookGuard> guards = new LinkedHashMap<>();
		for (RoutePolicy policy : this.routes.policies()) {
			for (Binding binding : policy.guards()) {
				if (binding.guard() instanceof WebhookGuard guard) {
					guards.put(policy.route().id(), guard);
				}
			}
		}
		return guards;
	}

	/**
	 * Return the routes whose nonces are to be shared, and whose store does not answer.
	 * @return their ids
	 */
	public List<String> down() {
		return guards().entrySet()
			.stream()
			.filter((entry) -> !entry.getValue().nonces().isUp())
			.map(Map.Entry::getKey)
			.toList();
	}

	private static Map<String, Object> describe(Map<String, WebhookGuard> guards) {
		WebhookGuard guard = guards.values().iterator().next();
		WebhookActivity activity = guard.activity();
		SenderProfile profile = guard.source().profile();
		Map<String, Object> result = new LinkedHashMap<>();
		result.put("sender", guard.source().kind());
		result.put("routes", guards.keySet());
		if (profile.timeout() != null) {
			result.put("senderTimeoutMillis", profile.timeout().toMillis());
		}
		if (profile.attempts() > 0) {
			result.put("attempts", profile.attempts());
		}
		if (profile.retryPeriod() != null) {
			result.put("retryPeriodMillis", profile.retryPeriod().toMillis());
		}
		result.put("accepted", activity.acceptedCount());
		result.put("proved", activity.provedCount());
		Map<String, Object> refused = new LinkedHashMap<>();
		for (RejectionReason reason : RejectionReason.values()) {
			long count = activity.refusedCount(reason);
			if (count > 0) {
				refused.put(reason.code(), count);
			}
		}
		result.put("refused", refused);
		result.put("nonces", activity.nonces().size());
		List<String> shared = guards.entrySet()
			.stream()
			.filter((entry) -> entry.getValue().nonces().isShared())
			.map(Map.Entry::getKey)
			.toList();
		result.put("noncesSharedOn", shared);
		if (!shared.isEmpty()) {
			result.put("nonceStoreUp", guards.values().stream().allMatch((each) -> each.nonces().isUp()));
			result.put("noncesUnshared", activity.unsharedCount());
		}
		return result;
	}

}
