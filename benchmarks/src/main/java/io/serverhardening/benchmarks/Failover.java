package io.serverhardening.benchmarks;

import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.locks.LockSupport;

import io.serverhardening.benchmarks.History.Cause;
import io.serverhardening.benchmarks.History.Message;
import io.serverhardening.benchmarks.History.Run;

import org.springframework.boot.builder.SpringApplicationBuilder;
import org.springframework.boot.web.reactive.context.ReactiveWebServerApplicationContext;
import org.springframework.context.ConfigurableApplicationContext;

/**
 * Sends messages to two instances, a copy of each to the other one, while the Redis that
 * they share is failed over. Copies come again until they are answered. Prints a row of a
 * Markdown table, and ends with 1 where a message was lost, or was handled again and
 * nothing explains it.
 */
public final class Failover {

	private static final int PER_SECOND = 50;

	private static final int SECONDS = 30;

	private static final int KILLED_AFTER = 10;

	private static final int ATTEMPTS = 30;

	private static final int TOLD = 5;

	private static final Duration LAG = Duration.ofMillis(30);

	private final List<CompletableFuture<String>> firsts = new ArrayList<>();

	private final List<CompletableFuture<String>> copies = new ArrayList<>();

	private final Map<Cause, Integer> causes = new EnumMap<>(Cause.class);

	private final Ledger ledger;

	private final Sender sender;

	private Failover(Ledger ledger) {
		this.ledger = ledger;
		this.sender = new Sender(ledger, ATTEMPTS);
	}

	/**
	 * Run it.
	 * @param args what is failed over, what the instances do without a store, the process
	 * id of the primary, the ledger, and further properties of the instances
	 */
	public static void main(String[] args) {
		Path path = Path.of(args[3]);
		List<String> properties = new ArrayList<>(List.of(args).subList(4, args.length));
		properties.addAll(List.of("--ledger=" + path, "--work.least=100", "--work.most=100",
				"--server.hardening.routes.orders.deduplication.on-store-failure=" + args[1]));
		boolean held;
		try (ConfigurableApplicationContext one = start("one", properties);
				ConfigurableApplicationContext two = start("two", properties);
				Ledger ledger = new Ledger(path)) {
			Failover failover = new Failover(ledger);
			failover.load(List.of(uri(one), uri(two)), Long.parseLong(args[2]));
			held = failover.report("| %s | `%s` |".formatted(args[0], args[1]), new History(Ledger.read(path)));
		}
		System.exit(held ? 0 : 1);
	}

	private static ConfigurableApplicationContext start(String name, List<String> properties) {
		List<String> all = new ArrayList<>(properties);
		all.add("--instance=" + name);
		return new SpringApplicationBuilder(LedgerApplication.class).run(all.toArray(String[]::new));
	}

	private static URI uri(ConfigurableApplicationContext context) {
		return URI.create("http://localhost:" + ((ReactiveWebServerApplicationContext) context).getWebServer().getPort()
				+ "/orders");
	}

	private void load(List<URI> instances, long primary) {
		long start = System.nanoTime();
		for (int i = 0; i < PER_SECOND * SECONDS; i++) {
			long at = start + i * (1_000_000_000L / PER_SECOND);
			while (System.nanoTime() < at) {
				LockSupport.parkNanos(at - System.nanoTime());
			}
			if (i == PER_SECOND * KILLED_AFTER) {
				this.ledger.write(Ledger.KILL, History.PRIMARY);
				ProcessHandle.of(primary).orElseThrow().destroyForcibly();
			}
			String message = "order-" + i;
			URI first = instances.get(i % 2);
			URI other = instances.get((i + 1) % 2);
			this.firsts.add(this.sender.send(message, () -> first, Duration.ZERO));
			this.copies.add(this.sender.send(message, () -> other, LAG));
		}
		CompletableFuture.allOf(this.firsts.toArray(CompletableFuture[]::new)).join();
		CompletableFuture.allOf(this.copies.toArray(CompletableFuture[]::new)).join();
	}

	private boolean report(String begin, History history) {
		int unanswered = 0;
		int different = 0;
		int[] handled = new int[3];
		for (int i = 0; i < this.firsts.size(); i++) {
			String first = this.firsts.get(i).join();
			String copy = this.copies.get(i).join();
			unanswered += (first.isEmpty() || copy.isEmpty()) ? 1 : 0;
			different += first.equals(copy) ? 0 : 1;
			Message message = history.message("order-" + i);
			List<Run> runs = message.runs();
			handled[message.isWritten() ? Math.min(2, runs.size()) : 0]++;
			for (int run = 1; run < runs.size(); run++) {
				Cause cause = history.cause(runs.get(run - 1), runs.get(run));
				if (this.causes.merge(cause, 1, Integer::sum) <= TOLD && cause != Cause.ALONE) {
					history.tell(message.id());
				}
			}
		}
		int unexplained = count(Cause.UNEXPLAINED) + count(Cause.KILLED);
		System.out.println(begin + " %d | %d | %d | %d | %d | %d | %d | %d | %d | %d | %d | %d |".formatted(
				this.firsts.size(), handled[1], handled[2], count(Cause.ALONE), count(Cause.CLAIM_LOST),
				count(Cause.ANSWER_LOST), unexplained, handled[0], unanswered, different, this.sender.retries(),
				this.sender.millis(0.999)));
		return handled[0] + unanswered + unexplained + this.sender.strangers() == 0;
	}

	private int count(Cause cause) {
		return this.causes.getOrDefault(cause, 0);
	}

}
