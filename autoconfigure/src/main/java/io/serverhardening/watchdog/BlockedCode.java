package io.serverhardening.watchdog;

import java.util.Set;

/**
 * Finds out of a stack whose code it is that an event loop waits for.
 */
final class BlockedCode {

	private static final String OURS = "io.serverhardening.";

	private static final Set<String> OUR_PACKAGES = Set.of("internal", "connection", "request", "response", "route",
			"ratelimit", "concurrency", "circuitbreaker", "errors", "webhook", "deduplication", "actuate",
			"autoconfigure", "watchdog");

	private static final Set<String> LIBRARIES = Set.of("java.", "javax.", "jdk.", "sun.", "com.sun.", "io.netty.",
			"reactor.", "org.reactivestreams.", "org.springframework.", "io.micrometer.");

	private BlockedCode() {
	}

	/**
	 * Whether the loop is waiting for events, or for classes to be loaded, which happens
	 * once.
	 * @param stack the stack, the innermost frame first
	 * @return {@code true} if nobody is to blame
	 */
	static boolean isInnocent(StackTraceElement[] stack) {
		for (int i = 0; i < stack.length; i++) {
			String type = stack[i].getClassName();
			String method = stack[i].getMethodName();
			if (type.equals("java.lang.ClassLoader") || type.startsWith("jdk.internal.loader.")) {
				return true;
			}
			if (i < 3 && (method.startsWith("epollWait") || method.startsWith("kevent") || method.equals("select")
					|| type.endsWith("EPoll") || type.endsWith("KQueue"))) {
				return true;
			}
		}
		return stack.length == 0;
	}

	/**
	 * Return where the loop is.
	 * @param stack the stack, the innermost frame first
	 * @return the innermost frame that belongs to no library that is always there
	 */
	static String of(StackTraceElement[] stack) {
		for (StackTraceElement frame : stack) {
			if (isTheirs(frame.getClassName())) {
				return describe(frame);
			}
		}
		return describe(stack[0]);
	}

	private static String describe(StackTraceElement frame) {
		String line = (frame.getLineNumber() >= 0) ? ":" + frame.getLineNumber() : "";
		return frame.getClassName() + "." + frame.getMethodName() + "(" + frame.getFileName() + line + ")";
	}

	private static boolean isTheirs(String type) {
		if (type.startsWith(OURS)) {
			String rest = type.substring(OURS.length());
			int dot = rest.indexOf('.');
			return dot > 0 && !OUR_PACKAGES.contains(rest.substring(0, dot));
		}
		return LIBRARIES.stream().noneMatch(type::startsWith);
	}

}
