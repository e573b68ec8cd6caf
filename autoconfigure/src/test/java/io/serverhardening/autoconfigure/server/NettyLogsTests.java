package io.serverhardening.autoconfigure.server;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import org.springframework.beans.factory.support.StaticListableBeanFactory;
import org.springframework.boot.logging.LogLevel;
import org.springframework.boot.logging.LoggerConfiguration;
import org.springframework.boot.logging.LoggingSystem;

import static org.assertj.core.api.Assertions.assertThatNoException;
import static org.mockito.ArgumentMatchers.any;
import static org.mockito.ArgumentMatchers.anyString;
import static org.mockito.BDDMockito.given;
import static org.mockito.BDDMockito.then;
import static org.mockito.BDDMockito.willThrow;
import static org.mockito.Mockito.mock;
import static org.mockito.Mockito.never;
import static org.mockito.Mockito.times;

class NettyLogsTests {

	private final LoggingSystem logging = mock(LoggingSystem.class);

	private void start() {
		StaticListableBeanFactory beans = new StaticListableBeanFactory();
		beans.addBean("springBootLoggingSystem", this.logging);
		new NettyLogs(beans.getBeanProvider(LoggingSystem.class)).afterSingletonsInstantiated();
	}

	@Test
	void setsLoggersThatNobodyHasNamed() {
		start();
		then(this.logging).should(times(2)).setLogLevel(anyString(), any());
		then(this.logging).should()
			.setLogLevel("io.netty.handler.codec.http2.DefaultHttp2ConnectionDecoder", LogLevel.WARN);
	}

	@ParameterizedTest
	@CsvSource({ "INFO, INFO", ", DEBUG", ", ERROR" })
	void leavesALevelThatSomebodyHasChosen(LogLevel configured, LogLevel effective) {
		given(this.logging.getLoggerConfiguration(anyString()))
			.willReturn(new LoggerConfiguration("name", configured, effective));
		start();
		then(this.logging).should(never()).setLogLevel(anyString(), any());
	}

	@ParameterizedTest
	@CsvSource({ "io.netty, OFF", "'', DEBUG", "'', TRACE" })
	void leavesALoggerThatDoesNotExistYetToThoseAboveIt(String above, LogLevel level) {
		given(this.logging.getLoggerConfiguration(above)).willReturn(new LoggerConfiguration("above", level, level));
		start();
		then(this.logging).should(never()).setLogLevel(anyString(), any());
	}

	@Test
	void leavesALevelThatIsNoneOfTheUsual() {
		given(this.logging.getLoggerConfiguration(anyString())).willReturn(
				new LoggerConfiguration("name", null, LoggerConfiguration.LevelConfiguration.ofCustom("NOTICE")));
		assertThatNoException().isThrownBy(this::start);
		then(this.logging).should(never()).setLogLevel(anyString(), any());
	}

	@Test
	void startsWhereTheLoggingSystemCannotBeAsked() {
		willThrow(new UnsupportedOperationException()).given(this.logging).getLoggerConfiguration(anyString());
		assertThatNoException().isThrownBy(this::start);
	}

}
