package io.serverhardening.autoconfigure.route;

import java.util.function.Predicate;

import org.springframework.aop.framework.AopInfrastructureBean;
import org.springframework.web.reactive.result.method.RequestMappingInfoHandlerMapping;

/**
 * Knows the mappings of Actuator's endpoints.
 */
@FunctionalInterface
public interface EndpointMappings extends Predicate<RequestMappingInfoHandlerMapping>, AopInfrastructureBean {

}
