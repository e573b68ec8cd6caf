package io.serverhardening.testing;

import java.util.HashMap;
import java.util.List;
import java.util.Map;

import org.junit.jupiter.api.extension.AfterAllCallback;
import org.junit.jupiter.api.extension.ExtensionContext;

/**
 * The servers of a test class, one for each set of settings. A test that shares one uses
 * paths or keys of its own, and compares counts with those before it.
 */
public final class TestServers implements AfterAllCallback {

	private final Map<List<Object>, TestServer> servers = new HashMap<>();

	/**
	 * Return the server with these settings, which runs until the class has been tested.
	 * @param sources configuration classes besides {@link TestApplication}
	 * @param properties its properties, {@code name=value}
	 * @return the running server
	 */
	public TestServer with(List<Class<?>> sources, String... properties) {
		return this.servers.computeIfAbsent(List.of(sources, List.of(properties)),
				(settings) -> TestServer.start(sources, properties));
	}

	/**
	 * Return the server with these settings, which runs until the class has been tested.
	 * @param properties its properties, {@code name=value}
	 * @return the running server
	 */
	public TestServer with(String... properties) {
		return with(List.of(), properties);
	}

	@Override
	public void afterAll(ExtensionContext context) {
		this.servers.values().forEach(TestServer::close);
		this.servers.clear();
	}

}
