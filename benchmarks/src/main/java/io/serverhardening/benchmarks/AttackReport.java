package io.serverhardening.benchmarks;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;

/**
 * Makes a table and a picture of what the attacks wrote down.
 */
public final class AttackReport {

	private static final String[] SIDES = { "plain", "starter", "nginx" };

	private static final String[] COLOURS = { "#c0392b", "#1a7f4b", "#7f8c8d" };

	private static final int WIDTH = 330;

	private static final int HEIGHT = 90;

	private static final int COLUMNS = 2;

	/** What an operator meets first: drawn before the others. */
	private static final List<String> FIRST = List.of("slow-heads", "slow-bodies", "idle", "readers-0",
			"h2-open-streams");

	/** Growth below this is noise, and drawn as such. */
	private static final long MEGABYTES = 100;

	private final Path directory;

	private AttackReport(Path directory) {
		this.directory = directory;
	}

	/**
	 * Report.
	 * @param arguments the directory of the figures, and the file of the picture
	 * @throws IOException if one of them fails
	 */
	public static void main(String[] arguments) throws IOException {
		AttackReport report = new AttackReport(Path.of(arguments[0]));
		List<Attack> attacks = Attack.all().stream().filter(report::ran).toList();
		System.out.print(report.table(attacks));
		Files.writeString(Path.of(arguments[1]), report.picture(attacks));
	}

	private boolean ran(Attack attack) {
		return Files.exists(this.directory.resolve(attack.name() + ".nginx.csv"));
	}

	private String table(List<Attack> attacks) throws IOException {
		StringBuilder table = new StringBuilder(
				"| attack | held after | plain | starter | nginx | memory + MB: plain | starter | nginx "
						+ "| ordinary client p95 ms (quiet → meanwhile), failed: plain | starter | nginx "
						+ "| lines of log: plain | starter |\n");
		table.append("|---|---|---|---|---|---|---|---|---|---|---|---|---|\n");
		for (Attack attack : attacks) {
			table.append("| ").append(attack.name()).append(" (").append(attack.connections()).append(") | ");
			table.append(attack.checkAfter()).append(" s");
			for (String side : SIDES) {
				table.append(" | ").append(held(attack, side));
			}
			for (String side : SIDES) {
				long[] memory = column(attack, side, 2);
				long most = 0;
				for (long megabytes : memory) {
					most = Math.max(most, megabytes - memory[0]);
				}
				table.append(" | ").append(most);
			}
			for (String side : SIDES) {
				String[] quiet = words(attack, side, "quiet");
				String[] probe = words(attack, side, "probe");
				table.append(" | ").append(quiet[1]).append(" → ").append(probe[1]).append(", ").append(probe[2]);
			}
			for (String side : new String[] { "plain", "starter" }) {
				table.append(" | ").append(words(attack, side, "log")[0]);
			}
			table.append(" |\n");
		}
		return table.toString();
	}

	private String held(Attack attack, String side) throws IOException {
		if (attack.honest()) {
			long[] finished = column(attack, side, 4);
			return finished[finished.length - 1] + " of " + attack.connections() + " served";
		}
		long[] held = column(attack, side, 1);
		// The prober's own may be among them.
		return Long.toString(Math.max(0, held[Math.min(attack.checkAfter(), held.length - 1)] - 1));
	}

	private String[] words(Attack attack, String side, String kind) throws IOException {
		return Files.readString(this.directory.resolve(attack.name() + "." + side + "." + kind)).trim().split(" ", -1);
	}

	private long[] column(Attack attack, String side, int column) throws IOException {
		return Files.readAllLines(this.directory.resolve(attack.name() + "." + side + ".csv"))
			.stream()
			.mapToLong((line) -> Long.parseLong(line.split(",", -1)[column]))
			.toArray();
	}

	private String picture(List<Attack> attacks) throws IOException {
		List<Attack> order = new ArrayList<>(attacks);
		order.sort(Comparator.comparingInt((attack) -> Integer.MAX_VALUE & FIRST.indexOf(attack.name())));
		List<String> charts = new ArrayList<>();
		for (Attack attack : order) {
			charts.add(chart(attack, attack.name() + ": connections held", held(attack), 1));
			charts.add(chart(attack, attack.name() + ": memory, MB more than before", growth(attack), MEGABYTES));
		}
		int rows = (charts.size() + COLUMNS - 1) / COLUMNS;
		StringBuilder svg = new StringBuilder(format(
				"<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 %d %d' font-family='sans-serif' font-size='10'>%n",
				COLUMNS * (WIDTH + 40), rows * (HEIGHT + 50) + 30));
		svg.append("<rect width='100%' height='100%' fill='white'/>\n");
		for (int i = 0; i < SIDES.length; i++) {
			svg.append(format("<text x='%d' y='18' fill='%s' font-size='13'>%s</text>%n", 20 + i * 90, COLOURS[i],
					SIDES[i]));
		}
		for (int i = 0; i < charts.size(); i++) {
			svg.append(format("<g transform='translate(%d %d)'>%s</g>%n", (i % COLUMNS) * (WIDTH + 40) + 30,
					(i / COLUMNS) * (HEIGHT + 50) + 50, charts.get(i)));
		}
		return svg.append("</svg>\n").toString();
	}

	private List<long[]> held(Attack attack) throws IOException {
		List<long[]> lines = new ArrayList<>();
		for (String side : SIDES) {
			lines.add(column(attack, side, 1));
		}
		return lines;
	}

	// The heap is touched before: drawn from zero every line would be flat.
	private List<long[]> growth(Attack attack) throws IOException {
		List<long[]> lines = new ArrayList<>();
		for (String side : SIDES) {
			long[] memory = column(attack, side, 2);
			long before = memory[0];
			lines.add(Arrays.stream(memory).map((megabytes) -> Math.max(0, megabytes - before)).toArray());
		}
		return lines;
	}

	private static String chart(Attack attack, String title, List<long[]> lines, long least) {
		long most = least;
		for (long[] line : lines) {
			for (long value : line) {
				most = Math.max(most, value);
			}
		}
		StringBuilder chart = new StringBuilder(format(
				"<text y='-6'>%s</text><rect width='%d' height='%d' fill='none' stroke='#ccc'/>"
						+ "<text x='-4' y='8' text-anchor='end'>%d</text><text x='-4' y='%d' text-anchor='end'>0</text>"
						+ "<text x='%d' y='%d' text-anchor='end'>%d s</text>",
				title, WIDTH, HEIGHT, most, HEIGHT, WIDTH, HEIGHT + 12, attack.seconds()));
		for (int i = 0; i < SIDES.length; i++) {
			long[] values = lines.get(i);
			StringBuilder points = new StringBuilder();
			for (int second = 0; second < values.length; second++) {
				points.append(format("%.1f,%.1f ", (double) second * WIDTH / attack.seconds(),
						HEIGHT - (double) values[second] * HEIGHT / most));
			}
			chart.append(format("<polyline points='%s' fill='none' stroke='%s' stroke-width='1.5'/>",
					points.toString().trim(), COLOURS[i]));
		}
		return chart.toString();
	}

	private static String format(String template, Object... values) {
		return String.format(Locale.ROOT, template, values);
	}

}
