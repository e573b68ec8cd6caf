package io.serverhardening.testing;

import java.lang.management.ManagementFactory;
import java.util.Map;
import java.util.stream.Collectors;

import javax.management.JMException;
import javax.management.ObjectName;

/**
 * What is alive.
 */
public final class Heap {

	private Heap() {
	}

	/**
	 * Collect garbage, and look how much is left.
	 * @return bytes
	 */
	public static long used() {
		System.gc();
		return Runtime.getRuntime().totalMemory() - Runtime.getRuntime().freeMemory();
	}

	/**
	 * Collect garbage, and look what is left.
	 * @return how many instances there are of each class, by its name
	 */
	public static Map<String, Long> live() {
		try {
			String histogram = (String) ManagementFactory.getPlatformMBeanServer()
				.invoke(new ObjectName("com.sun.management:type=DiagnosticCommand"), "gcClassHistogram",
						new Object[] { new String[0] }, new String[] { String[].class.getName() });
			// " 1: 4711 123456 java.lang.String (java.base@17)"
			return histogram.lines()
				.map((line) -> line.trim().split("\\s+"))
				.filter((columns) -> columns.length >= 4)
				.filter((columns) -> columns[1].matches("[0-9]+"))
				.collect(Collectors.toMap((columns) -> columns[3], (columns) -> Long.valueOf(columns[1]), Long::sum));
		}
		catch (JMException ex) {
			throw new IllegalStateException(ex);
		}
	}

}
