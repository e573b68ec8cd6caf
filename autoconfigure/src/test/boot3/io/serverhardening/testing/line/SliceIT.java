package io.serverhardening.testing.line;

import io.serverhardening.testing.SliceContract;

import org.springframework.boot.autoconfigure.security.reactive.ReactiveSecurityAutoConfiguration;
import org.springframework.boot.test.autoconfigure.web.reactive.WebFluxTest;
import org.springframework.test.context.ContextConfiguration;

/**
 * A test of a slice that has the guards, and nothing of a server.
 */
@WebFluxTest(controllers = SliceContract.SlowController.class,
		excludeAutoConfiguration = ReactiveSecurityAutoConfiguration.class)
@ContextConfiguration(classes = SliceContract.Application.class)
class SliceIT extends SliceContract {

}
