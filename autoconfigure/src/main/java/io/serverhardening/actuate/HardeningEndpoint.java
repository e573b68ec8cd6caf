package io.serverhardening.actuate;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;

import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

import org.springframework.aop.framework.AopInfrastructureBean;
import org.springframework.boot.actuate.endpoint.Access;
import org.springframework.boot.actuate.endpoint.annotation.Endpoint;
import org.springframework.boot.actuate.endpoint.annotation.ReadOperation;
import org.springframework.boot.actuate.endpoint.annotation.Selector;

/**
 * Shows every effective setting with its origin, and live state section by section.
 */
@Endpoint(id = "hardening", defaultAccess = Access.READ_ONLY)
public final class HardeningEndpoint implements AopInfrastructureBean {

	private final Supplier<EffectiveSettings> settings;

	private final List<HardeningSection> sections;

	/**
	 * Create the endpoint.
	 * @param settings the settings in force
	 * @param sections the sections, in the order of a request's life
	 */
	public HardeningEndpoint(Supplier<EffectiveSettings> settings, List<HardeningSection> sections) {
		this.settings = settings;
		this.sections = List.copyOf(sections);
	}

	/**
	 * Show everything. On the thread that asks, as is all of this: whoever waits for a
	 * thread waits with those that hold them all.
	 * @return settings and sections
	 */
	@ReadOperation
	public Mono<Map<String, Object>> hardening() {
		return Mono.fromSupplier(this::describe);
	}

	private Map<String, Object> describe() {
		EffectiveSettings effective = this.settings.get();
		Map<String, Object> result = new LinkedHashMap<>();
		result.put("version", effective.version());
		result.put("settings", effective.settings());
		for (HardeningSection section : this.sections) {
			result.put(section.name(), section.describe());
		}
		return result;
	}

	/**
	 * Show one section.
	 * @param section the name of the section
	 * @param key the key of what to show of it, as a client sent it; all when left out
	 * @param principal who sent it; nobody in particular when left out
	 * @return the section, empty if there is none of that name
	 */
	@ReadOperation
	public Mono<Object> section(@Selector String section, @org.springframework.lang.Nullable @Nullable String key,
			@org.springframework.lang.Nullable @Nullable String principal) {
		return Flux.fromIterable(this.sections)
			.filter((candidate) -> candidate.name().equals(section))
			.next()
			.flatMap((found) -> (key != null) ? found.find(key, principal) : Mono.fromSupplier(found::describe));
	}

	/**
	 * Show one thing in a section.
	 * @param section the name of the section
	 * @param id the id of the thing
	 * @return the thing, empty if there is none
	 */
	@ReadOperation
	public Mono<Object> thing(@Selector String section, @Selector String id) {
		return Flux.fromIterable(this.sections)
			.filter((candidate) -> candidate.name().equals(section))
			.flatMap((candidate) -> candidate.find(id))
			.next();
	}

}
