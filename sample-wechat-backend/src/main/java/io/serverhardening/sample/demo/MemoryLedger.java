package io.serverhardening.sample.demo;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.TreeMap;

import reactor.core.publisher.Mono;

import org.springframework.context.annotation.Primary;
import org.springframework.context.annotation.Profile;
import org.springframework.stereotype.Component;

/**
 * What this instance has done, the last hundred thousand entries of it.
 */
@Component
@Primary
@Profile("demo & !redis")
class MemoryLedger implements DemoLedger {

	private static final int MAX_ENTRIES = 100_000;

	private final Map<String, Long> entries = new LinkedHashMap<>() {

		private static final long serialVersionUID = 1L;

		@Override
		protected boolean removeEldestEntry(Map.Entry<String, Long> eldest) {
			return size() > MAX_ENTRIES;
		}

	};

	@Override
	public Mono<Void> write(String entry) {
		return Mono.fromRunnable(() -> {
			synchronized (this.entries) {
				this.entries.merge(entry, 1L, Long::sum);
			}
		});
	}

	@Override
	public Mono<Map<String, Long>> read(String prefix) {
		return Mono.fromSupplier(() -> {
			Map<String, Long> found = new TreeMap<>();
			synchronized (this.entries) {
				this.entries.forEach((entry, count) -> {
					if (entry.startsWith(prefix)) {
						found.put(entry, count);
					}
				});
			}
			return found;
		});
	}

	@Override
	public boolean isShared() {
		return false;
	}

}
