package io.serverhardening.sample.simulator;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;

import io.serverhardening.sample.simulator.PushWriter.Message;
import io.serverhardening.sample.simulator.PushWriter.Push;

/**
 * Runs the simulator, or its parts, within a test.
 */
public final class Simulations {

	private static final PushWriter DEMO = new PushWriter(Options.of(new String[0], Map.of()));

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

	/**
	 * Write a push as the demo's account sends it.
	 * @param fields the fields of a message
	 * @return its query and body
	 */
	public static List<String> push(Map<String, String> fields) {
		Push push = DEMO.write(new Message("text", "u", fields, false));
		return List.of(push.query(), push.body());
	}

	/**
	 * Read what the demo's account is answered.
	 * @param body the body of the answer
	 * @return what it says
	 */
	public static String open(String body) {
		return DEMO.open(body);
	}

}
