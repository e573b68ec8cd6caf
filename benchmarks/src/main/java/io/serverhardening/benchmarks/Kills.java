package io.serverhardening.benchmarks;

import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.locks.LockSupport;

/**
 * Sends messages to two instances that share a Redis, and kills one of them again and
 * again. Prints a Markdown table, a row for each kill, and ends with 1 where a message
 * was lost, or was handled again and nothing explains it.
 */
public final class Kills {

	private static final int PER_SECOND = 40;

	private static final int KILLS = 10;

	private static final int ATTEMPTS = 40;

	/** One message in so many comes to both instances at once. */
	private static final int COPIED = 5;

	private static final int PAUSE_MILLIS = 2000;

	private static final int LEAST_MILLIS = 2000;

	private static final int MOST_MILLIS = 6000;

	private final List<CompletableFuture<?>> sent = new ArrayList<>();

	private final List<Instance> instances;

	private final Ledger ledger;

	private final Sender sender;

	private int count;

	private volatile boolean done;

	private Kills(List<Instance> instances, Ledger ledger) {
		this.instances = instances;
		this.ledger = ledger;
		this.sender = new Sender(ledger, ATTEMPTS);
	}

	/**
	 * Run it.
	 * @param args a directory for what is written, the seed of the moments of the kills,
	 * and properties of the instances
	 * @throws InterruptedException if it is told to stop
	 */
	public static void main(String[] args) throws InterruptedException {
		Path directory = Path.of(args[0]);
		Path path = directory.resolve("ledger");
		List<String> properties = new ArrayList<>(List.of(args).subList(2, args.length));
		properties.addAll(List.of("--ledger=" + path, "--work.least=50", "--work.most=500"));
		List<Instance> instances = List.of(new Instance("one", directory, properties),
				new Instance("two", directory, properties));
		Runtime.getRuntime().addShutdownHook(new Thread(() -> instances.forEach(Kills::end)));
		for (Instance instance : instances) {
			instance.await();
		}
		boolean held;
		try (Ledger ledger = new Ledger(path)) {
			Kills kills = new Kills(instances, ledger);
			kills.run(new Random(Long.parseLong(args[1])));
			held = new KillsReport(new History(Ledger.read(path)), kills.sender, kills.count).print();
		}
		System.exit(held ? 0 : 1);
	}

	private static void end(Instance instance) {
		try {
			instance.kill();
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt();
		}
	}

	private void run(Random random) throws InterruptedException {
		Thread load = new Thread(this::load, "load");
		load.start();
		for (int i = 0; i < KILLS; i++) {
			Thread.sleep(random.nextInt(LEAST_MILLIS, MOST_MILLIS));
			Instance victim = this.instances.get(i % 2);
			this.ledger.write(Ledger.KILL, victim.name());
			victim.kill();
			Thread.sleep(PAUSE_MILLIS);
			victim.restart();
		}
		Thread.sleep(LEAST_MILLIS);
		this.done = true;
		load.join();
		CompletableFuture.allOf(this.sent.toArray(CompletableFuture[]::new)).join();
	}

	private void load() {
		long start = System.nanoTime();
		while (!this.done) {
			long at = start + this.count * (1_000_000_000L / PER_SECOND);
			while (System.nanoTime() < at) {
				LockSupport.parkNanos(at - System.nanoTime());
			}
			String message = "order-" + this.count;
			if (this.count % COPIED == 0) {
				for (Instance instance : this.instances) {
					this.sent.add(this.sender.send(message, instance::uri, Duration.ZERO));
				}
			}
			else {
				this.sent.add(this.sender.send(message, this::anyInstance, Duration.ZERO));
			}
			this.count++;
		}
	}

	// As behind a load balancer that does not know who is alive.
	private URI anyInstance() {
		return this.instances.get(ThreadLocalRandom.current().nextInt(this.instances.size())).uri();
	}

}
