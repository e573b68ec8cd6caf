package io.serverhardening.actuate.section;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

import io.serverhardening.actuate.HardeningSection;
import io.serverhardening.deduplication.DeduplicationActivity.Incident;
import io.serverhardening.deduplication.DeduplicationEvent;
import io.serverhardening.deduplication.DeduplicationGuard;
import io.serverhardening.deduplication.DeduplicationPolicy;
import io.serverhardening.deduplication.DeduplicationState;
import io.serverhardening.deduplication.access.Records;
import io.serverhardening.deduplication.access.RemoteRecords;
import io.serverhardening.deduplication.record.Answer;
import io.serverhardening.deduplication.record.MessageRecord;
import io.serverhardening.deduplication.record.StepTimes;
import io.serverhardening.deduplication.record.StoreGate;
import io.serverhardening.deduplication.run.RunningMessage;
import io.serverhardening.route.Routes;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/**
 * How messages are answered once, and what has happened to them. Messages are shown by
 * their hash, and without what is in them.
 */
public final class DeduplicationSection implements HardeningSection {

	/** Of those that run or are waited for: who looks for a stuck one finds it there. */
	private static final int SHOWN = 20;

	private final Routes routes;

	/**
	 * Create the section.
	 * @param routes the routes in force
	 */
	public DeduplicationSection(Routes routes) {
		this.routes = routes;
	}

	@Override
	public String name() {
		return DeduplicationGuard.NAME;
	}

	@Override
	public Object describe() {
		Map<String, Object> result = new LinkedHashMap<>();
		guards().forEach((route, guard) -> result.put(route, describe(guard)));
		return result;
	}

	private Map<String, DeduplicationGuard> guards() {
		Map<String, DeduplicationGuard> guards = new LinkedHashMap<>();
		this.routes.policies()
			.forEach((policy) -> policy.guards()
				.stream()
				.filter((binding) -> binding.guard() instanceof DeduplicationGuard)
				.forEach((binding) -> guards.put(policy.route().id(), (DeduplicationGuard) binding.guard())));
		return guards;
	}

	/**
	 * Return the routes whose store does not answer.
	 * @return their ids
	 */
	public List<String> down() {
		return guards().entrySet()
			.stream()
			.filter((entry) -> entry.getValue().state().records() instanceof RemoteRecords remote
					&& !remote.gate().isOpen())
			.map(Map.Entry::getKey)
			.toList();
	}

	private static Map<String, Object> describe(DeduplicationGuard guard) {
		DeduplicationPolicy policy = guard.policy();
		DeduplicationState state = guard.state();
		Map<String, Object> result = new LinkedHashMap<>();
		result.put("key", policy.key());
		result.put("ttlMillis", policy.terms().ttlMillis());
		result.put("leaseMillis", policy.terms().leaseMillis());
		result.put("runTimeoutMillis", policy.runTimeout().toMillis());
		result.put("onBusy", policy.onBusy().name().toLowerCase(Locale.ROOT));
		result.put("instance", DeduplicationGuard.instance());
		result.put("running", state.running());
		result.put("maxRuns", policy.maxRuns());
		result.put("longest", state.longest(SHOWN).stream().map(DeduplicationSection::describe).toList());
		result.put("waiting", state.waiting());
		result.put("awaited", state.awaited(SHOWN));
		result.put("maxBodyBytes", policy.maxBodySize());
		result.put("heldBytes", state.budget().held());
		result.put("maxHeldBytes", state.budget().max());
		Map<String, Object> events = new LinkedHashMap<>();
		for (DeduplicationEvent event : DeduplicationEvent.values()) {
			events.put(event.code(), state.activity().total(event));
		}
		result.put("events", events);
		result.put("store", describe(state.records()));
		result.put("recent", state.activity().incidents().stream().map(DeduplicationSection::describe).toList());
		return result;
	}

	private static Map<String, Object> describe(Records records) {
		Map<String, Object> result = new LinkedHashMap<>();
		result.put("kind", records.isRemote() ? "redis" : "memory");
		result.put("onStoreFailure", records.onFailure().name().toLowerCase(Locale.ROOT));
		if (records instanceof RemoteRecords remote) {
			StoreGate gate = remote.gate();
			StepTimes times = remote.times();
			result.put("up", gate.isOpen());
			String failure = gate.failure();
			if (failure != null) {
				result.put("failure", failure);
				result.put("downForMillis", gate.downFor().toMillis());
			}
			result.put("outages", gate.outages());
			result.put("steps", times.count());
			result.put("meanMicros", (times.count() > 0) ? times.totalNanos() / times.count() / 1000 : 0);
			result.put("maxMicros", times.maxNanos() / 1000);
			result.put("failures", times.failures());
			result.put("handedOver", remote.handedOver());
			result.put("doubled", remote.doubled());
		}
		result.put("records", records.local().size());
		result.put("processing", records.local().processing());
		result.put("evicted", records.local().evicted());
		return result;
	}

	private static Map<String, Object> describe(RunningMessage running) {
		Map<String, Object> result = new LinkedHashMap<>();
		result.put("message", running.id());
		result.put("owner", running.owner());
		result.put("attempt", running.attempt());
		result.put("forMillis", running.elapsed().toMillis());
		result.put("leaseMillis", running.lease().toMillis());
		result.put("abandoned", running.abandoned());
		return result;
	}

	private static Map<String, Object> describe(Incident incident) {
		Map<String, Object> result = new LinkedHashMap<>();
		result.put("at", incident.at().toString());
		result.put("event", incident.event().code());
		result.put("message", incident.id());
		return result;
	}

	@Override
	public Mono<Object> find(String id) {
		return Flux.fromIterable(guards().entrySet())
			.concatMap((entry) -> entry.getValue()
				.state()
				.records()
				.find(id)
				.map((record) -> (Object) describe(entry.getKey(), id, record)))
			.next();
	}

	@Override
	public Mono<Object> find(String key, @Nullable String principal) {
		return Flux.fromIterable(guards().entrySet())
			.concatMap((entry) -> Flux.fromIterable(entry.getValue().idsOf(key, principal))
				.concatMap((id) -> entry.getValue()
					.state()
					.records()
					.find(id)
					.map((record) -> describe(entry.getKey(), id, record))))
			.collectList()
			.map((messages) -> Map.of("messages", messages));
	}

	private static Map<String, Object> describe(String route, String id, MessageRecord record) {
		Map<String, Object> result = new LinkedHashMap<>();
		result.put("message", id);
		// All routes may have one store: which it belongs to is in the record.
		result.put("route", record.route().isEmpty() ? route : record.route());
		result.put("state", record.state().name().toLowerCase(Locale.ROOT));
		result.put("owner", record.owner());
		result.put("token", record.token());
		result.put("attempts", record.attempt());
		result.put("copies", record.deliveries());
		result.put("ageMillis", record.age().toMillis());
		result.put("leaseMillis", record.lease().toMillis());
		Answer answer = record.answer();
		if (answer != null) {
			result.put("status", answer.status());
			result.put("kept", answer.isComplete());
			result.put("bytes", answer.size());
		}
		return result;
	}

}
