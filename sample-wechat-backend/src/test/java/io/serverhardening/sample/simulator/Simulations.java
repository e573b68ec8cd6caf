package io.serverhardening.sample.simulator;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.Map;

/**
 * Runs the simulator within a test.
 */
public final class Simulations {

	private Simulations() {
	}

	/**
	 * Run it.
	 * @param options its options
	 * @return what it printed
	 * @throws InterruptedException if it is told to stop
	 */
	public static String run(String... options) throws InterruptedException {
		ByteArrayOutputStream printed = new ByteArrayOutputStream();
		new Simulator(Options.of(options, Map.of()), new PrintStream(printed, true, StandardCharsets.UTF_8)).run();
		return printed.toString(StandardCharsets.UTF_8);
	}

}
