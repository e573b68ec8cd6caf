package io.serverhardening.peers;

import java.util.List;

import com.alibaba.csp.sentinel.adapter.spring.webflux.SentinelWebFluxFilter;
import com.alibaba.csp.sentinel.adapter.spring.webflux.callback.WebFluxCallbackManager;
import com.alibaba.csp.sentinel.adapter.spring.webflux.exception.SentinelBlockExceptionHandler;
import com.alibaba.csp.sentinel.slots.block.RuleConstant;
import com.alibaba.csp.sentinel.slots.block.flow.FlowRule;
import com.alibaba.csp.sentinel.slots.block.flow.FlowRuleManager;

import org.springframework.beans.factory.ObjectProvider;
import org.springframework.beans.factory.annotation.Value;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.Ordered;
import org.springframework.core.annotation.Order;
import org.springframework.http.HttpStatus;
import org.springframework.http.codec.ServerCodecConfigurer;
import org.springframework.web.reactive.function.server.ServerResponse;
import org.springframework.web.reactive.result.view.ViewResolver;

/**
 * The Sentinel filter and its one rule: so many requests for /ping in a second. Other paths have no rule.
 */
@Configuration(proxyBeanMethods = false)
public class SentinelConfiguration {

	@Bean
	@Order(Ordered.HIGHEST_PRECEDENCE)
	public SentinelWebFluxFilter sentinelWebFluxFilter(@Value("${peer.limit:1000000}") double limit) {
		FlowRule rule = new FlowRule("/ping");
		rule.setGrade(RuleConstant.FLOW_GRADE_QPS);
		rule.setCount(limit);
		FlowRuleManager.loadRules(List.of(rule));
		return new SentinelWebFluxFilter();
	}

	@Bean
	@Order(-2) // before Spring Boot's own handler of errors (-1)
	public SentinelBlockExceptionHandler sentinelBlockExceptionHandler(ObjectProvider<ViewResolver> viewResolvers,
			ServerCodecConfigurer codecs) {
		// the default answer is compiled against Spring 5 and ends in a NoSuchMethodError with Spring 6
		WebFluxCallbackManager.setBlockHandler(
				(exchange, error) -> ServerResponse.status(HttpStatus.TOO_MANY_REQUESTS).build());
		return new SentinelBlockExceptionHandler(viewResolvers.orderedStream().toList(), codecs);
	}

}
