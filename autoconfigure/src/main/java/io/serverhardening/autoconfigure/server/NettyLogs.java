package io.serverhardening.autoconfigure.server;

import java.util.List;

import org.springframework.aop.framework.AopInfrastructureBean;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.beans.factory.SmartInitializingSingleton;
import org.springframework.boot.logging.LogLevel;
import org.springframework.boot.logging.LoggerConfiguration;
import org.springframework.boot.logging.LoggerConfiguration.ConfigurationScope;
import org.springframework.boot.logging.LoggerConfiguration.LevelConfiguration;
import org.springframework.boot.logging.LoggingSystem;

/**
 * Has Netty keep to itself what it would write at INFO for each frame that a client of
 * HTTP/2 sends after a reset, and, with a stack, for each client that does not read: both
 * cost the client nothing, and what they lead to is counted. Whoever has given such a
 * logger a level, or asks for more than INFO, is obeyed.
 */
public final class NettyLogs implements SmartInitializingSingleton, AopInfrastructureBean {

	private static final String HTTP2 = "io.netty.handler.codec.http2.";

	private static final List<String> LOGGERS = List.of(HTTP2 + "DefaultHttp2ConnectionDecoder",
			HTTP2 + "Http2ControlFrameLimitEncoder");

	private final ObjectProvider<LoggingSystem> logging;

	/**
	 * Create it.
	 * @param logging sets the levels of loggers
	 */
	public NettyLogs(ObjectProvider<LoggingSystem> logging) {
		this.logging = logging;
	}

	@Override
	public void afterSingletonsInstantiated() {
		this.logging.ifAvailable((system) -> LOGGERS.forEach((logger) -> quieten(system, logger)));
	}

	private static void quieten(LoggingSystem system, String logger) {
		try {
			if (isUndecided(system, logger)) {
				system.setLogLevel(logger, LogLevel.WARN);
			}
		}
		catch (UnsupportedOperationException ex) {
			// A logging system that cannot be asked, or told, while it runs.
		}
	}

	private static boolean isUndecided(LoggingSystem system, String logger) {
		LoggerConfiguration present = system.getLoggerConfiguration(logger);
		if (present != null && present.getLevelConfiguration(ConfigurationScope.DIRECT) != null) {
			return false;
		}
		String above = logger;
		while (present == null && !above.isEmpty()) {
			// Log4j has no logger that nobody has asked for yet, but those above it.
			above = above.substring(0, Math.max(0, above.lastIndexOf('.')));
			present = system.getLoggerConfiguration(above);
		}
		return present == null || isInfo(present.getLevelConfiguration());
	}

	// Whoever has levels of his own has thought of them.
	private static boolean isInfo(LevelConfiguration level) {
		return !level.isCustom() && level.getLevel() == LogLevel.INFO;
	}

}
