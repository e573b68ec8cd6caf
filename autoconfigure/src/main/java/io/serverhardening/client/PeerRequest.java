package io.serverhardening.client;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.util.List;

import io.netty.handler.codec.http.HttpHeaders;
import io.serverhardening.internal.channel.RequestChannel;
import io.serverhardening.internal.message.HeaderValues;
import org.jspecify.annotations.Nullable;
import reactor.netty.channel.ChannelOperations;
import reactor.netty.http.server.HttpServerRequest;

import org.springframework.http.server.reactive.ServerHttpRequest;

/**
 * A request as the peer sent it. {@code server.forward-headers-strategy} rewrites the
 * remote address and drops headers, and believes everyone: what it made of the request is
 * not looked at where the connection itself can be asked.
 */
interface PeerRequest {

	/** The standard header, RFC 7239. */
	String FORWARDED = "Forwarded";

	/** The header that most proxies write. */
	String X_FORWARDED_FOR = "X-Forwarded-For";

	/**
	 * Return the other end of the connection.
	 * @return the address, or {@code null} where the transport has none
	 */
	@Nullable InetSocketAddress remoteAddress();

	/**
	 * Whether the request is as the peer sent it.
	 * @return {@code false} if someone may have rewritten it on the way here
	 */
	boolean isOriginal();

	/**
	 * Return the lines of a header.
	 * @param name the header
	 * @return the lines in the order in which they were sent
	 */
	List<String> header(String name);

	/**
	 * Return the address at the other end of the connection.
	 * @return the address, or {@code null} where the transport has none
	 */
	default @Nullable InetAddress peer() {
		InetSocketAddress remote = remoteAddress();
		return (remote != null) ? remote.getAddress() : null;
	}

	/**
	 * Whether the peer says on whose behalf it asks.
	 * @return {@code true} if there is a forwarding header
	 */
	default boolean isForwarded() {
		return !header(FORWARDED).isEmpty() || !header(X_FORWARDED_FOR).isEmpty();
	}

	static PeerRequest of(ServerHttpRequest request) {
		if (RequestChannel.isPresent()) {
			ChannelOperations<?, ?> operations = RequestChannel.operations(request);
			if (operations instanceof HttpServerRequest nativeRequest) {
				return new NettyPeerRequest(nativeRequest);
			}
		}
		return new ServerPeerRequest(request);
	}

	/**
	 * A request on another server.
	 *
	 * @param request the request
	 */
	record ServerPeerRequest(ServerHttpRequest request) implements PeerRequest {

		@Override
		public @Nullable InetSocketAddress remoteAddress() {
			return this.request.getRemoteAddress();
		}

		@Override
		public boolean isOriginal() {
			return false;
		}

		@Override
		public List<String> header(String name) {
			return HeaderValues.of(this.request.getHeaders(), name);
		}

	}

	/**
	 * A request on a Reactor Netty channel.
	 *
	 * @param request the request as it was decoded
	 */
	record NettyPeerRequest(HttpServerRequest request) implements PeerRequest {

		@Override
		public @Nullable InetSocketAddress remoteAddress() {
			SocketAddress address = this.request.connectionRemoteAddress();
			return (address instanceof InetSocketAddress socketAddress) ? socketAddress : null;
		}

		@Override
		public boolean isOriginal() {
			return true;
		}

		@Override
		public List<String> header(String name) {
			// Nearly always there is none, and asking for a list makes one.
			HttpHeaders headers = this.request.requestHeaders();
			return headers.contains(name) ? headers.getAll(name) : List.of();
		}

	}

}
