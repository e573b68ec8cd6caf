package io.serverhardening.benchmarks;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * An instance of the application in a process of its own, which is killed and started
 * again.
 */
final class Instance {

	private static final Pattern STARTED = Pattern.compile("Netty started on port (\\d+)");

	private static final long PATIENCE_SECONDS = 120;

	private final String name;

	private final Path directory;

	private final List<String> properties;

	private int starts;

	private volatile URI uri = URI.create("http://localhost");

	private volatile Process process;

	/**
	 * Start an instance.
	 * @param name its name
	 * @param directory takes its output
	 * @param properties of the application
	 */
	Instance(String name, Path directory, List<String> properties) {
		this.name = name;
		this.directory = directory;
		this.properties = properties;
		this.process = launch();
	}

	// It lives for some ten seconds: what it would compile best it never gets to run.
	private Process launch() {
		this.starts++;
		List<String> command = new ArrayList<>(
				List.of(Path.of(System.getProperty("java.home"), "bin", "java").toString(), "-Xms256m", "-Xmx256m",
						"-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC", "-cp", System.getProperty("java.class.path"),
						LedgerApplication.class.getName()));
		command.addAll(this.properties);
		command.add("--instance=" + name());
		try {
			return new ProcessBuilder(command).redirectErrorStream(true).start();
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
	}

	/**
	 * Wait until it listens.
	 * @throws InterruptedException if the thread is told to stop
	 */
	void await() throws InterruptedException {
		CompletableFuture<URI> listening = new CompletableFuture<>();
		Thread reader = new Thread(() -> read(listening), name());
		reader.setDaemon(true);
		reader.start();
		try {
			this.uri = listening.get(PATIENCE_SECONDS, TimeUnit.SECONDS);
		}
		catch (ExecutionException | TimeoutException ex) {
			throw new IllegalStateException(name() + " did not start", ex);
		}
	}

	private void read(CompletableFuture<URI> listening) {
		try (BufferedReader output = this.process.inputReader();
				var log = Files.newBufferedWriter(this.directory.resolve(name() + ".log"))) {
			for (String line = output.readLine(); line != null; line = output.readLine()) {
				log.write(line + "\n");
				log.flush();
				Matcher started = STARTED.matcher(line);
				if (started.find()) {
					listening.complete(URI.create("http://localhost:" + started.group(1) + "/orders"));
				}
			}
		}
		catch (IOException ex) {
			// Killed.
		}
		listening.completeExceptionally(new IllegalStateException("It has ended"));
	}

	/**
	 * Return what it is called until it is started again.
	 * @return its name and which start it is
	 */
	String name() {
		return this.name + "#" + this.starts;
	}

	URI uri() {
		return this.uri;
	}

	/**
	 * Kill it: {@code kill -9}.
	 * @throws InterruptedException if the thread is told to stop
	 */
	void kill() throws InterruptedException {
		this.process.destroyForcibly().waitFor();
	}

	/**
	 * Start it again, on another port.
	 * @throws InterruptedException if the thread is told to stop
	 */
	void restart() throws InterruptedException {
		this.process = launch();
		await();
	}

}
