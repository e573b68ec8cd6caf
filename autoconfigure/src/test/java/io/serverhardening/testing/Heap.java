package io.serverhardening.testing;

import java.lang.management.ManagementFactory;
import java.util.Set;
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
	 * Collect garbage, and look what is left.
	 * @return the names of the classes of which there are instances
	 */
	public static Set<String> live() {
		try {
			String histogram = (String) ManagementFactory.getPlatformMBeanServer()
				.invoke(new ObjectName("com.sun.management:type=DiagnosticCommand"), "gcClassHistogram",
						new Object[] { new String[0] }, new String[] { String[].class.getName() });
			// " 1: 4711 123456 java.lang.String (java.base@17)"
			return histogram.lines()
				.map((line) -> line.trim().split("\\s+"))
				.filter((columns) -> columns.length >= 4)
				.map((columns) -> columns[3])
				.collect(Collectors.toSet());
		}
		catch (JMException ex) {
			throw new IllegalStateException(ex);
		}
	}

}
