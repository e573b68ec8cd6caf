package io.serverhardening.benchmarks;

import java.io.IOException;
import java.io.PrintStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * Attacks a server on loopback for a bounded time with a bounded number of connections,
 * and writes down each second how many of them it still holds and how much memory it has.
 * <pre>
 * Attacker NAME PORT PID     prints: second,held,resident megabytes,answered,finished
 * Attacker list              prints the names
 * Attacker probe PORT SECONDS   an ordinary client meanwhile: prints median and 95th
 *                               percentile in milliseconds, and failures
 * </pre>
 */
public final class Attacker {

	private static final int TURN_MILLIS = 20;

	private final Attack attack;

	private final InetSocketAddress server;

	private final Selector selector;

	private final int reading;

	private final List<Attacking> all = new ArrayList<>();

	private final ByteBuffer received = ByteBuffer.allocateDirect(256 * 1024);

	private Attacker(Attack attack, int port) throws IOException {
		this.attack = attack;
		this.server = new InetSocketAddress(InetAddress.getLoopbackAddress(), port);
		this.selector = Selector.open();
		// Who reads slowly, or not at all, does not want to hear that there is something.
		this.reading = (attack.readRate() < 0) ? SelectionKey.OP_READ : 0;
	}

	/**
	 * Attack, or probe.
	 * @param arguments see above
	 * @throws Exception if something fails
	 */
	public static void main(String[] arguments) throws Exception {
		if (arguments[0].equals("list")) {
			Attack.all().forEach((attack) -> System.out.println(attack.name() + " " + attack.isHttp2()));
		}
		else if (arguments[0].equals("probe")) {
			Prober.probe(Integer.parseInt(arguments[1]), Integer.parseInt(arguments[2]), System.out);
		}
		else {
			Attack attack = Attack.all()
				.stream()
				.filter((candidate) -> candidate.name().equals(arguments[0]))
				.findFirst()
				.orElseThrow();
			new Attacker(attack, Integer.parseInt(arguments[1])).run(arguments[2], System.out);
		}
	}

	private void run(String pids, PrintStream out) throws IOException, InterruptedException {
		connect();
		long start = System.nanoTime();
		int second = 0;
		print(out, second, pids);
		while (second < this.attack.seconds()) {
			long now = System.nanoTime();
			this.selector.select(TURN_MILLIS);
			for (SelectionKey key : this.selector.selectedKeys()) {
				((Attacking) key.attachment()).ready(key, now);
			}
			this.selector.selectedKeys().clear();
			for (Attacking connection : this.all) {
				connection.turn(now);
			}
			if ((now - start) / 1_000_000_000 > second) {
				print(out, ++second, pids);
			}
		}
	}

	private void connect() throws IOException, InterruptedException {
		for (int i = 0; i < this.attack.connections(); i++) {
			SocketChannel channel = SocketChannel.open();
			if (this.attack.readRate() >= 0) {
				channel.setOption(StandardSocketOptions.SO_RCVBUF, 16 * 1024);
			}
			try {
				channel.connect(this.server);
				channel.configureBlocking(false);
				Attacking connection = new Attacking(channel);
				channel.register(this.selector, this.reading | SelectionKey.OP_WRITE, connection);
				this.all.add(connection);
			}
			catch (IOException ex) {
				// Refused: not held.
				channel.close();
			}
			if (i % 200 == 199) {
				// No faster than a backlog of 128 is worked off.
				Thread.sleep(10);
			}
		}
	}

	private void print(PrintStream out, int second, String pids) throws IOException {
		long held = held();
		long answered = this.all.stream().filter((connection) -> connection.refused).count();
		long finished = this.all.stream().filter((connection) -> connection.finished()).count();
		long resident = 0;
		for (String pid : pids.split(",", -1)) {
			Path status = Path.of("/proc", pid, "status");
			if (Files.exists(status)) {
				resident += Files.readAllLines(status)
					.stream()
					.filter((line) -> line.startsWith("VmRSS"))
					.mapToLong((line) -> Long.parseLong(line.replaceAll("\\D", "")))
					.sum();
			}
		}
		out.println(second + "," + held + "," + resident / 1024 + "," + answered + "," + finished);
		out.flush();
	}

	// The server's own view of its sockets, the prober's among them: established, or
	// closed by one side only.
	private long held() throws IOException {
		String port = String.format(":%04X", this.server.getPort());
		long held = 0;
		for (String table : new String[] { "/proc/net/tcp", "/proc/net/tcp6" }) {
			for (String line : Files.readAllLines(Path.of(table))) {
				String[] fields = line.trim().split("\\s+", 5);
				if (fields[1].endsWith(port) && "01 04 08".contains(fields[3])) {
					held++;
				}
			}
		}
		return held;
	}

	/**
	 * One connection of the attack.
	 */
	private final class Attacking {

		private final SocketChannel channel;

		private ByteBuffer sending = Attacker.this.attack.opening().duplicate();

		private boolean opened;

		private boolean open = true;

		private boolean refused;

		private long bytesRead;

		private long bytesSent;

		private long nextDrip = System.nanoTime();

		private final long start = System.nanoTime();

		Attacking(SocketChannel channel) {
			this.channel = channel;
		}

		void ready(SelectionKey key, long now) {
			try {
				if (key.isValid() && key.isReadable()) {
					read(now);
				}
				if (key.isValid() && key.isWritable()) {
					write(key, now);
				}
			}
			catch (IOException ex) {
				close();
			}
		}

		private void read(long now) throws IOException {
			ByteBuffer buffer = Attacker.this.received.clear();
			int rate = Attacker.this.attack.readRate();
			if (rate > 0) {
				// With a stall of 300 ms every two seconds.
				long millis = (now - this.start) / 1_000_000;
				long due = (millis % 2000 < 300) ? 0 : rate * millis / 1000 - this.bytesRead;
				if (due <= 0) {
					return;
				}
				buffer.limit((int) Math.min(buffer.capacity(), due));
			}
			int n = this.channel.read(buffer);
			if (n < 0) {
				close();
				return;
			}
			if (this.bytesRead == 0 && n >= 12) {
				this.refused = buffer.get(9) == '4' && buffer.get(0) == 'H';
			}
			this.bytesRead += n;
		}

		private void write(SelectionKey key, long now) throws IOException {
			if (this.sending.hasRemaining()) {
				this.bytesSent += this.channel.write(this.sending);
			}
			if (!this.sending.hasRemaining()) {
				this.opened = true;
				boolean more = Attacker.this.attack.drip().hasRemaining();
				if (more && Attacker.this.attack.dripMillis() == 0) {
					this.sending = Attacker.this.attack.drip().duplicate();
				}
				else {
					key.interestOps(Attacker.this.reading);
				}
				this.nextDrip = now + Attacker.this.attack.dripMillis() * 1_000_000L;
			}
		}

		void turn(long now) {
			Attack attack = Attacker.this.attack;
			if (this.open && this.opened && attack.dripMillis() > 0 && now >= this.nextDrip && !finished()) {
				this.sending = attack.drip().duplicate();
				this.nextDrip = now + attack.dripMillis() * 1_000_000L;
				SelectionKey key = this.channel.keyFor(Attacker.this.selector);
				if (key != null && key.isValid()) {
					key.interestOps(Attacker.this.reading | SelectionKey.OP_WRITE);
				}
			}
			if (this.open && attack.readRate() > 0) {
				try {
					read(now);
				}
				catch (IOException ex) {
					close();
				}
			}
		}

		// An ordinary client has what it came for: a megabyte, one way or the other.
		boolean finished() {
			return Attacker.this.attack.honest() && (this.bytesRead >= 1_048_576
					|| (this.bytesSent >= 1_048_576 && this.bytesRead > 0 && !this.refused));
		}

		private void close() {
			this.open = false;
			try {
				this.channel.close();
			}
			catch (IOException ex) {
				// It is closed.
			}
		}

	}

}
