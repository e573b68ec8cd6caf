package io.serverhardening.autoconfigure.server;

import java.lang.management.ManagementFactory;
import java.util.List;

/**
 * Tells whether a debugger may be attached: a request held at a breakpoint is not slow.
 */
public final class Debugger {

	private Debugger() {
	}

	/**
	 * Whether a debugger may stop this JVM.
	 * @return {@code true} if it was started with one
	 */
	public static boolean isPresent() {
		return isPresent(ManagementFactory.getRuntimeMXBean().getInputArguments());
	}

	/**
	 * Whether a debugger may stop a JVM.
	 * @param jvmArguments what it was started with
	 * @return {@code true} if one of them asks for a debugger
	 */
	public static boolean isPresent(List<String> jvmArguments) {
		return jvmArguments.stream()
			.anyMatch((argument) -> argument.startsWith("-agentlib:jdwp") || argument.startsWith("-Xrunjdwp"));
	}

}
