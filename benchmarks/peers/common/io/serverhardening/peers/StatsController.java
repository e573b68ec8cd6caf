package io.serverhardening.peers;

import java.lang.management.ManagementFactory;
import java.util.Arrays;
import java.util.Map;

import com.sun.management.ThreadMXBean;

import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.RestController;

/**
 * Tells the benchmark how much the live threads have allocated so far.
 */
@RestController
public class StatsController {

	private final ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();

	@GetMapping("/stats")
	public Map<String, Long> stats() {
		long[] allocated = threads.getThreadAllocatedBytes(threads.getAllThreadIds());
		// -1 stands for a thread that ended in between
		return Map.of("allocatedBytes", Arrays.stream(allocated).filter(bytes -> bytes > 0).sum());
	}

}
