package io.serverhardening.actuate;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

import io.serverhardening.RejectionReason;
import io.serverhardening.internal.SenderProfile;
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
		Map<String, WebhookGuard> guards = new LinkedHashMap<>();
		Map<String, List<String>> routes = new LinkedHashMap<>();
		for (RoutePolicy policy : this.routes.policies()) {
			for (Binding binding : policy.guards()) {
				if (binding.guard() instanceof WebhookGuard guard) {
					guards.putIfAbsent(guard.source().id(), guard);
					routes.computeIfAbsent(guard.source().id(), (source) -> new ArrayList<>()).add(policy.route().id());
				}
			}
		}
		Map<String, Object> result = new LinkedHashMap<>();
		guards.forEach((source, guard) -> result.put(source,
				describe(guard, Objects.requireNonNullElse(routes.get(source), List.of()))));
		return result;
	}

	private static Map<String, Object> describe(WebhookGuard guard, List<String> routes) {
		WebhookActivity activity = guard.activity();
		SenderProfile profile = guard.source().profile();
		Map<String, Object> result = new LinkedHashMap<>();
		result.put("sender", guard.source().kind());
		result.put("routes", routes);
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
		return result;
	}

}
