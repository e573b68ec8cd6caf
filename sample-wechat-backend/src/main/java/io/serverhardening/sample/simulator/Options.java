package io.serverhardening.sample.simulator;

import java.net.URI;
import java.time.Duration;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * What the simulator is told.
 *
 * @param targets the instances, in turn
 * @param mode how pushes come: plain, compatible or safe
 * @param users how many users send messages
 * @param rate how many messages a second, all together
 * @param duration for how long
 * @param drop how many answers of a hundred get lost on their way
 * @param copies how many copies are sent at once, as a confused sender might
 * @param timeout how long the sender waits for an answer
 * @param token the token
 * @param aesKey the key
 * @param appId the id of the account
 */
record Options(List<URI> targets, String mode, int users, int rate, Duration duration, int drop, int copies,
		Duration timeout, String token, String aesKey, String appId) {

	static final String PATH = "/wechat/push";

	static final String USAGE = """
			Sends what WeChat would send, and shows what its users would see.

			  --simulate                        instead of starting the back end
			  --targets=URL,URL                 instances, in turn             http://localhost:8080
			  --mode=plain|compatible|safe      how the account sends them     safe
			  --users=N                         users who send messages        50
			  --rate=N                          messages a second              20
			  --seconds=N                       for how long                   30
			  --drop=N                          answers lost, of a hundred     0
			  --copies=N                        copies sent at once            1
			  --timeout=MS                      patience of the sender         5000
			  --token=T --aes-key=K --app-id=A  as the account's console says  WECHAT_TOKEN, WECHAT_AES_KEY, WECHAT_APP_ID
			""";

	private static final List<String> MODES = List.of("plain", "compatible", "safe");

	/**
	 * Read the command line.
	 * @param args the command line
	 * @param environment the environment
	 * @return the options
	 * @throws IllegalArgumentException if there is something wrong with it
	 */
	static Options of(String[] args, Map<String, String> environment) {
		Map<String, String> given = new LinkedHashMap<>();
		for (String arg : args) {
			if (arg.equals("--simulate")) {
				continue;
			}
			String[] parts = arg.split("=", 2);
			if (parts.length != 2 || !parts[0].startsWith("--")) {
				throw new IllegalArgumentException("Unknown argument " + arg + ": every option is --name=value");
			}
			given.put(parts[0].substring(2), parts[1]);
		}
		Options options = new Options(
				Arrays.stream(take(given, "targets", "http://localhost:8080").split(",")).map(URI::create).toList(),
				take(given, "mode", "safe").toLowerCase(Locale.ROOT), number(given, "users", 50),
				number(given, "rate", 20), Duration.ofSeconds(number(given, "seconds", 30)),
				(int) Long.parseLong(take(given, "drop", "0")), number(given, "copies", 1),
				Duration.ofMillis(number(given, "timeout", 5000)),
				take(given, "token", environment.getOrDefault("WECHAT_TOKEN", "AAAAA")),
				take(given, "aes-key", environment.getOrDefault("WECHAT_AES_KEY", "A".repeat(43))),
				take(given, "app-id", environment.getOrDefault("WECHAT_APP_ID", "wxba5fad812f8e6fb9")));
		if (!given.isEmpty()) {
			throw new IllegalArgumentException("Unknown option --" + given.keySet().iterator().next());
		}
		if (!MODES.contains(options.mode())) {
			throw new IllegalArgumentException("--mode must be plain, compatible or safe");
		}
		return options;
	}

	private static String take(Map<String, String> given, String name, String otherwise) {
		String value = given.remove(name);
		return (value != null) ? value : otherwise;
	}

	private static int number(Map<String, String> given, String name, int otherwise) {
		String value = take(given, name, Integer.toString(otherwise));
		try {
			int number = Integer.parseInt(value);
			if (number > 0) {
				return number;
			}
		}
		catch (NumberFormatException ex) {
			// Said below.
		}
		throw new IllegalArgumentException("--" + name + " must be a number above zero, and is " + value);
	}

}
