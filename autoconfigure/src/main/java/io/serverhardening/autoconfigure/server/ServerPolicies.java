package io.serverhardening.autoconfigure.server;

import io.serverhardening.Mode;
import io.serverhardening.autoconfigure.resolution.Resolution;
import io.serverhardening.autoconfigure.resolution.ResolvedRoute;
import io.serverhardening.autoconfigure.route.RouteAssembler;
import io.serverhardening.autoconfigure.route.SettingsPart;
import io.serverhardening.autoconfigure.route.TransferPolicies;
import io.serverhardening.connection.SocketGuard;
import io.serverhardening.connection.timeline.ConnectionPolicy;
import io.serverhardening.request.RequestBodies;
import io.serverhardening.request.RequestPolicy;
import io.serverhardening.response.ResponseChannels;
import io.serverhardening.response.pace.WritePolicy;

import org.springframework.aop.framework.AopInfrastructureBean;
import org.springframework.core.env.Environment;

/**
 * The policies of connections, and of requests that no route's guard sees. Those are
 * accepted by what is in force at the time.
 *
 * @param environment has what Spring Boot has for the same
 * @param assembler knows how requests are limited that no route takes
 * @param sockets guards the connections
 * @param requests measures the bodies that come
 * @param responses measures the bodies that go
 */
public record ServerPolicies(Environment environment, RouteAssembler assembler, SocketGuard sockets,
		RequestBodies requests, ResponseChannels responses) implements SettingsPart, AopInfrastructureBean {

	@Override
	public Runnable draft(Resolution resolution) {
		ConnectionPolicy connections = new ConnectionSettings(resolution, this.environment).policy();
		ResolvedRoute everywhere = resolution.everywhere();
		RequestPolicy requests = TransferPolicies.topRequest(resolution);
		Mode requestMode = this.assembler.clockMode(everywhere.request().mode());
		WritePolicy writes = TransferPolicies.topWrite(resolution);
		Mode responseMode = this.assembler.clockMode(everywhere.response().mode());
		return () -> {
			this.sockets.apply(connections, writes.isLimited());
			this.requests.apply(requests, requestMode);
			this.responses.apply(writes, responseMode);
		};
	}

}
