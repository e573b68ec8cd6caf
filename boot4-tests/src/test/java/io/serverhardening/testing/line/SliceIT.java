package io.serverhardening.testing.line;

import io.serverhardening.testing.SliceContract;

import org.springframework.boot.security.autoconfigure.web.reactive.ReactiveWebSecurityAutoConfiguration;
import org.springframework.boot.webflux.test.autoconfigure.WebFluxTest;
import org.springframework.test.context.ContextConfiguration;

/**
 * A test of a slice that has the guards, and nothing of a server.
 */
@WebFluxTest(controllers = SliceContract.SlowController.class,
		excludeAutoConfiguration = ReactiveWebSecurityAutoConfiguration.class)
@ContextConfiguration(classes = SliceContract.Application.class)
class SliceIT extends SliceContract {

}
