package io.serverhardening.actuate.meter;

import java.util.function.ToDoubleFunction;

import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.binder.MeterBinder;
import io.serverhardening.client.ForwardedClientAddressResolver;

import org.springframework.aop.framework.AopInfrastructureBean;

/**
 * Shows how often forwarding headers were not believed.
 */
public final class ClientMeters implements MeterBinder, AopInfrastructureBean {

	private final ForwardedClientAddressResolver resolver;

	/**
	 * Create the meters.
	 * @param resolver the resolver that counts
	 */
	public ClientMeters(ForwardedClientAddressResolver resolver) {
		this.resolver = resolver;
	}

	@Override
	public void bindTo(MeterRegistry registry) {
		bind(registry, "untrusted", ForwardedClientAddressResolver::untrustedCount);
		bind(registry, "contradictory", ForwardedClientAddressResolver::contradictoryCount);
	}

	private void bind(MeterRegistry registry, String reason, ToDoubleFunction<ForwardedClientAddressResolver> count) {
		FunctionCounter.builder(HardeningMeter.FORWARDED_IGNORED.meterName(), this.resolver, count)
			.description(HardeningMeter.FORWARDED_IGNORED.description())
			.tag("reason", reason)
			.register(registry);
	}

}
