package io.serverhardening.internal.channel;

import java.net.URI;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

import io.netty.channel.Channel;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.DefaultEventLoopGroup;
import io.netty.channel.local.LocalChannel;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Flux;
import reactor.netty.Connection;
import reactor.netty.ConnectionObserver;
import reactor.netty.NettyInbound;
import reactor.netty.NettyOutbound;
import reactor.netty.channel.ChannelOperations;

import org.springframework.core.io.buffer.DataBuffer;
import org.springframework.http.HttpCookie;
import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpMethod;
import org.springframework.http.server.reactive.AbstractServerHttpRequest;
import org.springframework.http.server.reactive.SslInfo;
import org.springframework.util.LinkedMultiValueMap;
import org.springframework.util.MultiValueMap;

import static org.assertj.core.api.Assertions.assertThat;

@SuppressWarnings("FutureReturnValueIgnored")
class RequestChannelTests {

	private final DefaultEventLoopGroup loops = new DefaultEventLoopGroup(1);

	private final Channel channel = new LocalChannel();

	private final CountDownLatch others = new CountDownLatch(1);

	private Operations operations;

	@BeforeEach
	void open() throws InterruptedException {
		this.channel.pipeline().addLast(new ChannelInboundHandlerAdapter());
		this.loops.register(this.channel).sync();
		this.operations = new Operations(this.channel);
		this.channel.eventLoop().submit(this.operations::bind).sync();
	}

	@AfterEach
	void close() {
		this.loops.shutdownGracefully(0, 0, TimeUnit.SECONDS);
	}

	@Test
	void resetsWhatARequestIsStillOn() throws InterruptedException {
		assertThat(RequestChannel.reset(new Request(this.operations))).isTrue();
		this.channel.closeFuture().sync();
	}

	@Test
	void leavesAloneWhatHasGoneOnToTheNextRequest() throws InterruptedException {
		// Others keep the loop busy until the reset waits behind the end of the request.
		this.channel.eventLoop().execute(() -> {
			await(this.others);
			this.operations.end();
		});
		assertThat(RequestChannel.reset(new Request(this.operations))).isTrue();
		this.others.countDown();
		this.channel.eventLoop().submit(() -> {
		}).sync();
		assertThat(this.channel.isOpen()).isTrue();
	}

	private static void await(CountDownLatch latch) {
		try {
			latch.await();
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt();
		}
	}

	/**
	 * Operations that end when they are told to.
	 */
	private static final class Operations extends ChannelOperations<NettyInbound, NettyOutbound> {

		Operations(Channel channel) {
			super(Connection.from(channel), ConnectionObserver.emptyListener());
		}

		void end() {
			terminate();
		}

	}

	/**
	 * A request on Reactor Netty.
	 */
	private static final class Request extends AbstractServerHttpRequest {

		private final Operations operations;

		Request(Operations operations) {
			super(HttpMethod.GET, URI.create("/"), null, new HttpHeaders());
			this.operations = operations;
		}

		@Override
		protected MultiValueMap<String, HttpCookie> initCookies() {
			return new LinkedMultiValueMap<>();
		}

		@Override
		protected @Nullable SslInfo initSslInfo() {
			return null;
		}

		@Override
		@SuppressWarnings({ "unchecked", "TypeParameterUnusedInFormals" })
		public <T> T getNativeRequest() {
			return (T) this.operations;
		}

		@Override
		public Flux<DataBuffer> getBody() {
			return Flux.empty();
		}

	}

}
