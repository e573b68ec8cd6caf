package io.serverhardening.sample.simulator;

import java.io.IOException;
import java.io.PrintStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

import io.serverhardening.sample.simulator.PushWriter.Message;
import io.serverhardening.sample.simulator.PushWriter.Push;
import io.serverhardening.sample.simulator.PushWriter.Seen;
import org.jspecify.annotations.Nullable;

/**
 * Sends what WeChat would send: waits five seconds for an answer, drops the connection,
 * tries again, three times in all; and says what a user would have seen.
 */
public final class Simulator {

	private static final int ATTEMPTS = 3;

	private static final Pattern ENTRY = Pattern.compile("\"([^\"]+)\":(\\d+)");

	private final Options options;

	private final PushWriter writer;

	private final PrintStream out;

	private final Outcomes outcomes = new Outcomes();

	private final AtomicInteger turn = new AtomicInteger();

	private final String name = "sim" + Long.toString(System.currentTimeMillis(), 36);

	// One client for each target: none waits for another's connections.
	private final HttpClient client = HttpClient.newBuilder()
		.version(HttpClient.Version.HTTP_1_1)
		.connectTimeout(Duration.ofSeconds(2))
		.build();

	Simulator(Options options, PrintStream out) {
		this.options = options;
		this.writer = new PushWriter(options);
		this.out = out;
	}

	/**
	 * Run the simulator.
	 * @param args the options
	 */
	public static void main(String[] args) {
		Options options;
		try {
			options = Options.of(args, System.getenv());
		}
		catch (IllegalArgumentException ex) {
			System.err.println(ex.getMessage());
			System.err.println(Options.USAGE);
			System.exit(2);
			return;
		}
		try {
			System.exit(new Simulator(options, System.out).run() ? 0 : 1);
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt();
		}
	}

	/**
	 * Send everything, wait for the last answer, and print what became of it.
	 * @return whether no user saw an error, and everything was handled, and once, as far
	 * as the targets tell
	 * @throws InterruptedException if it is told to stop
	 */
	@SuppressWarnings("FutureReturnValueIgnored")
	boolean run() throws InterruptedException {
		int messages = (int) (this.options.rate() * this.options.duration().toSeconds());
		this.out.printf("%d messages to %s%s, %d a second, run %s%n", messages, this.options.targets(), Options.PATH,
				this.options.rate(), this.name);
		ExecutorService senders = Executors.newCachedThreadPool();
		ScheduledExecutorService progress = Executors.newSingleThreadScheduledExecutor();
		progress.scheduleAtFixedRate(() -> this.out.printf("%d of %d done, %d errors%n", this.outcomes.messages(),
				messages, this.outcomes.errors()), 5, 5, TimeUnit.SECONDS);
		long start = System.nanoTime();
		for (int i = 0; i < messages; i++) {
			long due = start + Duration.ofSeconds(i).toNanos() / this.options.rate();
			TimeUnit.NANOSECONDS.sleep(Math.max(0, due - System.nanoTime()));
			Message message = message(i);
			for (int copy = 1; copy < this.options.copies(); copy++) {
				senders.execute(() -> attempt(message));
			}
			senders.execute(() -> deliver(message));
		}
		senders.shutdown();
		boolean done = senders.awaitTermination(60, TimeUnit.SECONDS);
		progress.shutdownNow();
		Map<String, Integer> ledger = readLedger();
		if (ledger == null) {
			this.out.println(this.outcomes.table((kind, sent) -> "? | ? | ?"));
			return done && this.outcomes.errors() == 0;
		}
		Map<String, Integer> once = new TreeMap<>();
		Map<String, Integer> more = new TreeMap<>();
		ledger.forEach((entry, count) -> ((count == 1) ? once : more).merge(kindOf(entry), 1, Integer::sum));
		this.out.println(this.outcomes.table((kind, sent) -> {
			int one = once.getOrDefault(kind, 0);
			int several = more.getOrDefault(kind, 0);
			return one + " | " + several + " | " + (sent - one - several);
		}));
		int handled = once.values().stream().mapToInt(Integer::intValue).sum();
		return done && this.outcomes.errors() == 0 && more.isEmpty() && handled == messages;
	}

	// Each tenth is an event, each fifth a message of the mini program.
	private Message message(int number) {
		String user = this.name + "u" + number % this.options.users();
		Map<String, String> fields = new LinkedHashMap<>();
		fields.put("ToUserName", "gh_sample");
		fields.put("FromUserName", user);
		// The second tells the messages of a user apart in the ledger.
		fields.put("CreateTime", Integer.toString(1_700_000_000 + number));
		boolean event = number % 10 == 9;
		boolean mini = !event && number % 5 == 3;
		fields.put("MsgType", event ? "event" : mini ? "miniprogrampage" : "text");
		if (event) {
			fields.put("Event", "subscribe");
			fields.put("EventKey", "");
		}
		else {
			fields.put("Content", "message " + number);
			fields.put("MsgId", Integer.toString(number));
		}
		return new Message(event ? "event" : mini ? "mini" : "text", user, fields, mini);
	}

	private static String kindOf(String entry) {
		return entry.endsWith(" event") ? "event" : entry.endsWith(" miniprogrampage") ? "mini" : "text";
	}

	private void deliver(Message message) {
		long start = System.nanoTime();
		Seen seen = Seen.ERROR;
		int attempt = 0;
		while (attempt < ATTEMPTS && seen == Seen.ERROR) {
			long begun = System.nanoTime();
			seen = attempt(message);
			attempt++;
			if (seen == Seen.ERROR && attempt < ATTEMPTS) {
				pause(this.options.timeout().minusNanos(System.nanoTime() - begun));
			}
		}
		if (attempt > 1 && seen != Seen.ERROR) {
			this.outcomes.mended(message.kind());
		}
		this.outcomes.ended(message.kind(), seen, Duration.ofNanos(System.nanoTime() - start).toMillis());
	}

	private static void pause(Duration time) {
		try {
			TimeUnit.MILLISECONDS.sleep(Math.max(0, time.toMillis()));
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt();
		}
	}

	private Seen attempt(Message message) {
		this.outcomes.sent(message.kind());
		Push push = this.writer.write(message);
		URI target = this.options.targets().get(this.turn.getAndIncrement() % this.options.targets().size());
		HttpRequest request = HttpRequest.newBuilder(target.resolve(Options.PATH + "?" + push.query()))
			.header("Content-Type", message.json() ? "application/json" : "text/xml")
			.timeout(this.options.timeout())
			.POST(BodyPublishers.ofString(push.body()))
			.build();
		try {
			HttpResponse<String> response = this.client.send(request, BodyHandlers.ofString());
			boolean lost = ThreadLocalRandom.current().nextInt(100) < this.options.drop();
			return lost ? Seen.ERROR : this.writer.read(response.statusCode(), response.body());
		}
		catch (IOException ex) {
			return Seen.ERROR;
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt();
			return Seen.ERROR;
		}
	}

	// Where all instances write into one ledger, any of them tells all; else they are
	// added up. Null where one does not tell: only the demo does.
	private @Nullable Map<String, Integer> readLedger() throws InterruptedException {
		Map<String, Integer> all = new TreeMap<>();
		for (URI target : this.options.targets()) {
			HttpRequest request = HttpRequest.newBuilder(target.resolve("/api/ledger?prefix=" + this.name))
				.timeout(Duration.ofSeconds(10))
				.build();
			try {
				HttpResponse<String> response = this.client.send(request, BodyHandlers.ofString());
				if (response.statusCode() != 200) {
					this.out.println(target + " does not tell what it has done: it runs without the profile demo");
					return null;
				}
				Matcher matcher = ENTRY.matcher(response.body());
				while (matcher.find()) {
					all.merge(matcher.group(1), Integer.parseInt(matcher.group(2)), Integer::sum);
				}
				if (response.headers().firstValue("X-Ledger").orElse("").equals("shared")) {
					break;
				}
			}
			catch (IOException ex) {
				this.out.println(target + " does not tell what it has done: " + ex);
			}
		}
		return all;
	}

}
