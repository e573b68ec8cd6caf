package io.serverhardening.autoconfigure;

import java.lang.management.ManagementFactory;
import java.util.List;

/**
 * Tells whether a debugger may be attached: a request held at a breakpoint is not slow.
 */
final class Debugger {

	private Debugger() {
	}

	static boolean isPresent() {
		return isPresent(ManagementFactory.getRuntimeMXBean().getInputArguments());
	}

	static boolean isPresent(List<String> jvmArguments) {
		return jvmArguments.stream()
			.anyMatch((argument) -> argument.startsWith("-agentlib:jdwp") || argument.startsWith("-Xrunjdwp"));
	}

}
