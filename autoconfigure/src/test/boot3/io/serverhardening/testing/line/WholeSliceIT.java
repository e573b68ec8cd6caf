package io.serverhardening.testing.line;

import io.serverhardening.autoconfigure.AutoConfigureServerHardening;
import io.serverhardening.autoconfigure.server.ServerHardening;
import io.serverhardening.connection.registry.Connections;
import io.serverhardening.testing.SliceContract;
import org.junit.jupiter.api.Test;

import org.springframework.beans.factory.annotation.Autowired;
import org.springframework.boot.autoconfigure.security.reactive.ReactiveSecurityAutoConfiguration;
import org.springframework.boot.test.autoconfigure.web.reactive.WebFluxTest;
import org.springframework.context.ApplicationContext;
import org.springframework.test.context.ContextConfiguration;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * A test of a slice that asks for all of the starter.
 */
@WebFluxTest(controllers = SliceContract.SlowController.class,
		excludeAutoConfiguration = ReactiveSecurityAutoConfiguration.class)
@ContextConfiguration(classes = SliceContract.Application.class)
@AutoConfigureServerHardening
class WholeSliceIT {

	@Autowired
	private ApplicationContext context;

	@Test
	void hasWhatTheServerIsGiven() {
		assertThat(this.context.getBeanNamesForType(ServerHardening.class)).hasSize(1);
		assertThat(this.context.getBeanNamesForType(Connections.class)).hasSize(1);
		assertThat(this.context.containsBean("hardeningServerCustomizer")).isTrue();
	}

}
