package io.serverhardening.connection;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.util.ArrayList;
import java.util.List;

import io.netty.channel.embedded.EmbeddedChannel;
import io.serverhardening.CountLimit;
import io.serverhardening.Mode;
import io.serverhardening.Timeout;
import io.serverhardening.client.ClientPolicy;
import io.serverhardening.connection.registry.Connections;
import io.serverhardening.connection.timeline.ConnectionPolicy;
import io.serverhardening.internal.channel.CloseReason;
import org.assertj.core.api.InstanceOfAssertFactories;
import org.junit.jupiter.api.Test;
import reactor.core.scheduler.Schedulers;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

class AcceptGateTests {

	private final List<String> lines = new ArrayList<>();

	private final Connections connections = new Connections(Schedulers.parallel(), this.lines::add);

	private AcceptGate gate(int maxOpen) {
		return gate(maxOpen, maxOpen);
	}

	private AcceptGate gate(int maxOpen, int maxOpenPerClient) {
		ConnectionPolicy policy = new ConnectionPolicy(CountLimit.of(maxOpen), CountLimit.of(maxOpenPerClient),
				Timeout.NONE, Timeout.NONE, Timeout.NONE, Timeout.NONE, Timeout.NONE, CountLimit.of(16), true,
				Mode.ENFORCE);
		return new AcceptGate(this.connections, () -> policy, new ClientPolicy(List.of(), 64));
	}

	@Test
	void letsInNoMoreThanTheCapAndForgetsWhoLeft() {
		EmbeddedChannel acceptor = new EmbeddedChannel(gate(2));
		List<EmbeddedChannel> children = new ArrayList<>();
		for (int i = 0; i < 4; i++) {
			EmbeddedChannel child = new EmbeddedChannel();
			children.add(child);
			acceptor.writeInbound(child);
		}
		assertThat(acceptor.inboundMessages()).containsExactly(children.get(0), children.get(1));
		assertThat(this.connections.closedCount(CloseReason.MAX_OPEN)).isEqualTo(2);
		children.get(0).close().syncUninterruptibly();
		acceptor.writeInbound(new EmbeddedChannel());
		assertThat(acceptor.inboundMessages()).hasSize(3);
	}

	@Test
	void countsByClientAndForgetsClientsThatHaveLeft() {
		AcceptGate gate = gate(10, 1);
		EmbeddedChannel acceptor = new EmbeddedChannel(gate);
		EmbeddedChannel first = child("192.0.2.1");
		acceptor.writeInbound(first, child("192.0.2.1"), child("192.0.2.2"));
		assertThat(acceptor.inboundMessages()).hasSize(2);
		assertThat(this.connections.closedCount(CloseReason.MAX_OPEN_PER_CLIENT)).isEqualTo(1);
		assertThat(gate.trackedClients()).isEqualTo(2);
		first.close().syncUninterruptibly();
		assertThat(gate.trackedClients()).isEqualTo(1);
	}

	private static EmbeddedChannel child(String address) {
		return new EmbeddedChannel() {

			@Override
			protected SocketAddress remoteAddress0() {
				return new InetSocketAddress(address, 50000);
			}

		};
	}

	@Test
	void leavesOtherFailuresAlone() {
		EmbeddedChannel acceptor = new EmbeddedChannel(gate(10));
		acceptor.pipeline().fireExceptionCaught(new IOException("accept(..) failed: Connection reset by peer"));
		assertThat(this.connections.acceptFailureCount()).isZero();
		assertThatExceptionOfType(IOException.class).isThrownBy(acceptor::checkException);
	}

	@Test
	void saysWhenFileDescriptorsAreUsedUp() {
		EmbeddedChannel acceptor = new EmbeddedChannel(gate(10));
		acceptor.pipeline().fireExceptionCaught(new IOException("accept(..) failed: Too many open files"));
		assertThat(this.connections.acceptFailureCount()).isEqualTo(1);
		// The acceptor behind it pauses.
		assertThatExceptionOfType(IOException.class).isThrownBy(acceptor::checkException);
		this.connections.close();
		assertThat(this.lines).singleElement(InstanceOfAssertFactories.STRING)
			.contains("Too many open files", "server.hardening.connection.max-open", "ulimit -n");
	}

}
