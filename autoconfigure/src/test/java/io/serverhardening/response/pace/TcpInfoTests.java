package io.serverhardening.response.pace;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;

import io.netty.bootstrap.Bootstrap;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.epoll.EpollEventLoopGroup;
import io.netty.channel.epoll.EpollSocketChannel;
import io.netty.channel.nio.NioEventLoopGroup;
import io.netty.channel.socket.nio.NioSocketChannel;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

/**
 * What Linux tells of a connection.
 */
@SuppressWarnings("FutureReturnValueIgnored")
class TcpInfoTests {

	@Test
	void countsWhatTheOtherSideHasAcknowledged() throws Exception {
		EventLoopGroup loop = new EpollEventLoopGroup(1);
		try (ServerSocket server = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
			Channel channel = connect(loop, EpollSocketChannel.class, server);
			try (Socket accepted = server.accept()) {
				channel.writeAndFlush(Unpooled.wrappedBuffer(new byte[10_000])).sync();
				await().untilAsserted(() -> assertThat(TcpInfo.of(channel).acknowledged()).isBetween(10_000L, 10_001L));
				assertThat(TcpInfo.of(channel).isMute()).isFalse();
				assertThat(TcpInfo.of(channel).sinceAcknowledgement()).isLessThan(60_000);
				assertThat(accepted.isConnected()).isTrue();
			}
			channel.close().sync();
			assertThat(TcpInfo.of(channel)).isNull();
		}
		finally {
			loop.shutdownGracefully();
		}
	}

	@Test
	void isNotToBeHadFromAnotherTransport() throws Exception {
		EventLoopGroup loop = new NioEventLoopGroup(1);
		try (ServerSocket server = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
			assertThat(TcpInfo.of(connect(loop, NioSocketChannel.class, server))).isNull();
		}
		finally {
			loop.shutdownGracefully();
		}
	}

	private static Channel connect(EventLoopGroup loop, Class<? extends Channel> type, ServerSocket server)
			throws InterruptedException {
		return new Bootstrap().group(loop)
			.channel(type)
			.handler(new ChannelInboundHandlerAdapter())
			.connect(new InetSocketAddress(server.getInetAddress(), server.getLocalPort()))
			.sync()
			.channel();
	}

}
