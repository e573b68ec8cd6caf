package io.serverhardening.autoconfigure;

import io.serverhardening.autoconfigure.resolution.Resolution;
import io.serverhardening.autoconfigure.resolution.ResolvedRoute;
import io.serverhardening.autoconfigure.route.RouteAssembler;
import io.serverhardening.autoconfigure.route.TransferPolicies;
import io.serverhardening.autoconfigure.server.ConnectionSettings;
import io.serverhardening.autoconfigure.server.Debugger;
import io.serverhardening.autoconfigure.server.NettyAdvisories;
import io.serverhardening.autoconfigure.server.NettyLogs;
import io.serverhardening.autoconfigure.server.ServerHardening;
import io.serverhardening.autoconfigure.server.ServerPolicies;
import io.serverhardening.autoconfigure.server.WebSocketPacing;
import io.serverhardening.autoconfigure.settings.HardeningProperties;
import io.serverhardening.client.ClientPolicy;
import io.serverhardening.client.ForgottenProxyWatch;
import io.serverhardening.connection.SocketGuard;
import io.serverhardening.connection.registry.Connections;
import io.serverhardening.internal.HardeningThreads;
import io.serverhardening.internal.call.ApplicationCalls;
import io.serverhardening.internal.time.LoopClocks;
import io.serverhardening.request.RequestBodies;
import io.serverhardening.response.ResponseChannels;
import io.serverhardening.response.body.PacedResponses;
import io.serverhardening.response.pace.WritePolicy;
import io.serverhardening.watchdog.StallWatch;

import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.logging.LoggingSystem;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.core.env.Environment;

/**
 * What needs the channels of Reactor Netty.
 */
@Configuration(proxyBeanMethods = false)
final class NettyConfiguration {

	@Bean
	LoopClocks hardeningLoopClocks(ApplicationCalls calls) {
		return new LoopClocks(System::nanoTime, calls);
	}

	@Bean
	StallWatch hardeningStallWatch(LoopClocks clocks, HardeningThreads threads) {
		return new StallWatch(clocks, threads, System::nanoTime, !Debugger.isPresent());
	}

	@Bean
	static NettyLogs hardeningNettyLogs(ObjectProvider<LoggingSystem> logging) {
		return new NettyLogs(logging);
	}

	@Bean
	NettyAdvisories hardeningNettyAdvisories() {
		return NettyAdvisories.present();
	}

	@Bean
	Connections hardeningConnections(HardeningThreads threads) {
		return new Connections(threads.log());
	}

	@Bean
	ServerPolicies hardeningServerPolicies(Resolution resolution, ConnectionSettings settings, Environment environment,
			ClientPolicy clients, Connections connections, LoopClocks clocks, RouteAssembler assembler) {
		WritePolicy writes = TransferPolicies.topWrite(resolution);
		ResolvedRoute everywhere = resolution.everywhere();
		return new ServerPolicies(environment, assembler,
				new SocketGuard(settings.policy(), clients, connections, clocks, writes.isLimited()),
				new RequestBodies(TransferPolicies.topRequest(resolution),
						assembler.clockMode(everywhere.request().mode())),
				new ResponseChannels(System::nanoTime, writes, assembler.clockMode(everywhere.response().mode()),
						HardeningProperties.PREFIX + ".response"));
	}

	@Bean
	ServerHardening hardeningServer(ConnectionSettings settings, ClientPolicy clients, ServerPolicies policies) {
		return new ServerHardening(settings, policies.sockets(), policies.requests(), policies.responses(),
				new ForgottenProxyWatch(clients));
	}

	@Bean
	PacedResponses hardeningPacedResponses() {
		return new PacedResponses();
	}

	@Bean
	static WebSocketPacing hardeningWebSocketPacing() {
		return new WebSocketPacing();
	}

}
