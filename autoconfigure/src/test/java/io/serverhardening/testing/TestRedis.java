package io.serverhardening.testing;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;

import org.jspecify.annotations.Nullable;
import org.testcontainers.DockerClientFactory;
import org.testcontainers.containers.GenericContainer;
import org.testcontainers.utility.DockerImageName;
import redis.embedded.RedisServer;
import redis.embedded.core.RedisServerBuilder;

import org.springframework.data.redis.connection.RedisConnection;
import org.springframework.data.redis.connection.lettuce.LettuceConnectionFactory;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

/**
 * A real Redis: in a container, or the binary that a library brings. Where neither can
 * run, the test is skipped and says so.
 */
public final class TestRedis implements AutoCloseable {

	private static final DockerImageName IMAGE = DockerImageName
		.parse(System.getenv().getOrDefault("TEST_REDIS_IMAGE", "redis:7.4-alpine"));

	private static final int REDIS_PORT = 6379;

	/** The nodes of a cluster talk to each other on a port that is higher by 10,000. */
	private static final int HIGHEST_NODE_PORT = 55_000;

	private final int port;

	private final List<String> settings;

	private final @Nullable GenericContainer<?> container;

	private final List<LettuceConnectionFactory> factories = new ArrayList<>();

	private @Nullable RedisServer server;

	private @Nullable ProcessHandle process;

	private TestRedis(int port, List<String> settings, @Nullable GenericContainer<?> container) {
		this.port = port;
		this.settings = settings;
		this.container = container;
	}

	/**
	 * Start the binary.
	 * @param settings lines of its configuration
	 * @return the server
	 */
	public static TestRedis embedded(String... settings) {
		return start(new TestRedis(freePort(), List.of(settings), null));
	}

	private static TestRedis start(TestRedis redis) {
		try {
			redis.start();
		}
		catch (RuntimeException ex) {
			assumeTrue(false, "The Redis binary does not run here: " + ex.getMessage());
		}
		return redis;
	}

	/**
	 * Start the binary as a node of a cluster.
	 * @param settings lines of its configuration
	 * @return the node, which knows of no other and has no slots
	 */
	public static TestRedis node(String... settings) {
		int port = freePort();
		while (port > HIGHEST_NODE_PORT) {
			port = freePort();
		}
		List<String> all = new ArrayList<>(List.of(settings));
		all.add("cluster-enabled yes");
		all.add("dir " + temporaryDirectory());
		return start(new TestRedis(port, all, null));
	}

	private static Path temporaryDirectory() {
		try {
			Path directory = Files.createTempDirectory("redis");
			directory.toFile().deleteOnExit();
			directory.resolve("nodes.conf").toFile().deleteOnExit();
			return directory;
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

	/**
	 * Start a container.
	 * @return the server
	 */
	@SuppressWarnings("resource")
	public static TestRedis container() {
		assumeTrue(DockerClientFactory.instance().isDockerAvailable(), "There is no Docker here");
		GenericContainer<?> container = new GenericContainer<>(IMAGE).withExposedPorts(REDIS_PORT);
		try {
			container.start();
		}
		catch (RuntimeException ex) {
			assumeTrue(false, "Docker is here, and cannot run " + IMAGE + ": " + ex.getMessage());
		}
		return new TestRedis(container.getMappedPort(REDIS_PORT), List.of(), container);
	}

	private static int freePort() {
		try (ServerSocket socket = new ServerSocket(0)) {
			return socket.getLocalPort();
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

	/**
	 * Start it again, with nothing in it.
	 */
	public void start() {
		Set<Long> before = children();
		try {
			RedisServerBuilder builder = RedisServer.newRedisServer()
				.port(this.port)
				.setting("save \"\"")
				.setting("bind 127.0.0.1");
			for (String setting : this.settings) {
				builder = builder.setting(setting);
			}
			RedisServer started = builder.build();
			started.start();
			this.server = started;
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
		this.process = ProcessHandle.current()
			.children()
			.filter((child) -> !before.contains(child.pid()))
			.filter((child) -> child.info().command().orElse("").contains("redis"))
			.findFirst()
			.orElse(null);
	}

	private static Set<Long> children() {
		return ProcessHandle.current().children().map(ProcessHandle::pid).collect(Collectors.toSet());
	}

	/**
	 * Stop it.
	 */
	public void stop() {
		try {
			if (this.server != null) {
				this.server.stop();
			}
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

	/**
	 * Have it answer nobody, with all its connections open.
	 */
	public void stall() {
		signal("-STOP");
	}

	/**
	 * Have it go on.
	 */
	public void resume() {
		signal("-CONT");
	}

	/**
	 * Kill it.
	 */
	public void kill() {
		signal("-KILL");
	}

	private void signal(String signal) {
		assertThat(this.process).as("the process of Redis").isNotNull();
		try {
			Process kill = new ProcessBuilder("kill", signal, Long.toString(this.process.pid())).start();
			assertThat(kill.waitFor()).isZero();
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt();
		}
	}

	/**
	 * Connect.
	 * @return the factory, closed with the server
	 */
	public LettuceConnectionFactory factory() {
		LettuceConnectionFactory factory = new LettuceConnectionFactory("localhost", this.port);
		factory.afterPropertiesSet();
		factory.start();
		this.factories.add(factory);
		return factory;
	}

	/**
	 * Return how many keys there are.
	 * @param pattern what they look like
	 * @return how many
	 */
	public long keys(String pattern) {
		try (RedisConnection connection = factory().getConnection()) {
			Set<byte[]> keys = connection.keyCommands().keys(bytes(pattern));
			return (keys != null) ? keys.size() : 0;
		}
	}

	/**
	 * Make it a copy of another, which takes nothing from anybody else. It keeps its
	 * connections.
	 * @param primary the other
	 */
	public void replicaOf(TestRedis primary) {
		replicaOf("127.0.0.1", String.valueOf(primary.port));
	}

	/**
	 * Make it a server of its own again.
	 */
	public void replicaOfNone() {
		replicaOf("NO", "ONE");
	}

	private void replicaOf(String host, String port) {
		execute("REPLICAOF", host, port);
	}

	/**
	 * Tell it something else.
	 * @param command the command
	 * @param arguments its arguments
	 * @return what it says
	 */
	public String execute(String command, String... arguments) {
		try (RedisConnection connection = factory().getConnection()) {
			Object reply = connection.execute(command,
					Arrays.stream(arguments).map(TestRedis::bytes).toArray(byte[][]::new));
			return (reply instanceof byte[] text) ? new String(text, StandardCharsets.UTF_8) : String.valueOf(reply);
		}
	}

	/**
	 * Change a setting.
	 * @param name its name
	 * @param value its value
	 */
	public void set(String name, String value) {
		try (RedisConnection connection = factory().getConnection()) {
			connection.serverCommands().setConfig(name, value);
		}
	}

	/**
	 * Find a key.
	 * @param pattern what it looks like
	 * @return the key
	 */
	public String key(String pattern) {
		try (RedisConnection connection = factory().getConnection()) {
			Set<byte[]> keys = connection.keyCommands().keys(bytes(pattern));
			assertThat(keys).as("keys like " + pattern).hasSize(1);
			return new String(keys.iterator().next(), StandardCharsets.UTF_8);
		}
	}

	/**
	 * Write what no application of ours has written.
	 * @param key the key
	 * @param value its value
	 */
	public void write(String key, String value) {
		try (RedisConnection connection = factory().getConnection()) {
			connection.stringCommands().set(bytes(key), bytes(value));
		}
	}

	/**
	 * Write one field of a record.
	 * @param key the record
	 * @param field the field
	 * @param value its value
	 */
	public void write(String key, String field, String value) {
		try (RedisConnection connection = factory().getConnection()) {
			connection.hashCommands().hSet(bytes(key), bytes(field), bytes(value));
		}
	}

	private static byte[] bytes(String text) {
		return text.getBytes(StandardCharsets.UTF_8);
	}

	/**
	 * Have it forget everything but its scripts.
	 */
	public void flush() {
		try (RedisConnection connection = factory().getConnection()) {
			connection.serverCommands().flushAll();
		}
	}

	/**
	 * Have it forget its scripts.
	 */
	public void flushScripts() {
		try (RedisConnection connection = factory().getConnection()) {
			connection.scriptingCommands().scriptFlush();
		}
	}

	/**
	 * Return the settings of an application that uses it.
	 * @return properties, {@code name=value}
	 */
	public String[] properties() {
		return new String[] { "spring.data.redis.host=localhost", "spring.data.redis.port=" + this.port };
	}

	/**
	 * Return the port.
	 * @return the port
	 */
	public int port() {
		return this.port;
	}

	/**
	 * Return how long a step on this machine may take.
	 * @return generous
	 */
	public static Duration patience() {
		return Duration.ofSeconds(10);
	}

	@Override
	public void close() {
		this.factories.forEach(LettuceConnectionFactory::destroy);
		if (this.container != null) {
			this.container.stop();
		}
		else {
			if (this.process != null && this.process.isAlive()) {
				resume();
			}
			stop();
		}
	}

}
