package io.serverhardening.wire;

import java.util.List;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.PooledByteBufAllocator;
import io.netty.util.ResourceLeakDetector;
import io.netty.util.ResourceLeakDetector.Level;
import org.slf4j.LoggerFactory;

/**
 * Hears of every buffer that nobody released. Netty says so in the log, and nowhere that
 * a test could ask once another test has used Netty.
 */
final class Leaks implements AutoCloseable {

	private final Level before = ResourceLeakDetector.getLevel();

	private final Logger logger = (Logger) LoggerFactory.getLogger(ResourceLeakDetector.class);

	private final ListAppender<ILoggingEvent> appender = new ListAppender<>();

	private Leaks() {
	}

	/**
	 * Listen from now on. A server that starts later would silence it.
	 * @return what is heard
	 */
	static Leaks listen() {
		Leaks leaks = new Leaks();
		ResourceLeakDetector.setLevel(Level.valueOf(System.getProperty("pipelines.leaks", "PARANOID")));
		leaks.appender.setContext(leaks.logger.getLoggerContext());
		leaks.appender.start();
		leaks.logger.addAppender(leaks.appender);
		return leaks;
	}

	/**
	 * Collect garbage, and return what was leaked.
	 * @return the reports
	 */
	List<String> found() {
		for (int i = 0; i < 5; i++) {
			System.gc();
			// Reports are made when another buffer is allocated.
			for (int j = 0; j < 10; j++) {
				ByteBuf buffer = PooledByteBufAllocator.DEFAULT.directBuffer(16);
				buffer.release();
			}
		}
		return List.copyOf(this.appender.list).stream().map(ILoggingEvent::getFormattedMessage).toList();
	}

	@Override
	public void close() {
		this.logger.detachAppender(this.appender);
		ResourceLeakDetector.setLevel(this.before);
	}

}
