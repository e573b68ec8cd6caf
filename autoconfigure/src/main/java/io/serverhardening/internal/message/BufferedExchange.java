package io.serverhardening.internal.message;

import java.net.URLEncoder;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Map;
import java.util.Set;
import java.util.StringJoiner;
import java.util.function.Function;
import java.util.stream.Stream;

import io.netty.buffer.Unpooled;
import io.serverhardening.internal.channel.RequestChannel;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

import org.springframework.core.ResolvableType;
import org.springframework.core.io.buffer.DataBuffer;
import org.springframework.core.io.buffer.DataBufferFactory;
import org.springframework.core.io.buffer.DataBufferLimitException;
import org.springframework.core.io.buffer.NettyDataBufferFactory;
import org.springframework.http.HttpHeaders;
import org.springframework.http.HttpMethod;
import org.springframework.http.InvalidMediaTypeException;
import org.springframework.http.MediaType;
import org.springframework.http.codec.FormHttpMessageReader;
import org.springframework.http.codec.ServerCodecConfigurer;
import org.springframework.http.codec.multipart.DefaultPartHttpMessageReader;
import org.springframework.http.codec.multipart.MultipartHttpMessageReader;
import org.springframework.http.codec.multipart.Part;
import org.springframework.http.server.reactive.ServerHttpRequest;
import org.springframework.http.server.reactive.ServerHttpRequestDecorator;
import org.springframework.http.server.reactive.ServerHttpResponse;
import org.springframework.util.LinkedMultiValueMap;
import org.springframework.util.MultiValueMap;
import org.springframework.web.server.ServerWebExchange;
import org.springframework.web.server.ServerWebExchangeDecorator;
import org.springframework.web.server.adapter.DefaultServerWebExchange;
import org.springframework.web.server.i18n.AcceptHeaderLocaleContextResolver;

/**
 * An exchange whose body has been read as a whole, and can be read again: by several
 * guards, and by a handler that runs on when its connection is gone.
 */
public final class BufferedExchange extends ServerWebExchangeDecorator {

	private static final byte[] EMPTY = new byte[0];

	private static final Set<HttpMethod> MESSAGES = Set.of(HttpMethod.POST, HttpMethod.PUT, HttpMethod.PATCH,
			HttpMethod.DELETE);

	private static final ResolvableType FORM = ResolvableType.forClassWithGenerics(MultiValueMap.class, String.class,
			String.class);

	private static final ResolvableType PARTS = ResolvableType.forClassWithGenerics(MultiValueMap.class, String.class,
			Part.class);

	private final Request request;

	private final ServerHttpResponse response;

	private @Nullable Mono<MultiValueMap<String, String>> formData;

	private @Nullable Mono<MultiValueMap<String, Part>> multipartData;

	private @Nullable ServerWebExchange conditions;

	private BufferedExchange(ServerWebExchange exchange, Request request, ServerHttpResponse response) {
		super(exchange);
		this.request = request;
		this.response = response;
	}

	/**
	 * Whether a request of a method may bring a message.
	 * @param method the method
	 * @return {@code false} for those that change nothing
	 */
	public static boolean isMessage(HttpMethod method) {
		return MESSAGES.contains(method);
	}

	/**
	 * Return the methods that may bring a message.
	 * @return the methods
	 */
	public static Stream<HttpMethod> messageMethods() {
		return MESSAGES.stream();
	}

	/**
	 * Read the body of an exchange, unless a guard before has done so, and go on. A form
	 * that a filter has read is taken from where that left it.
	 * @param exchange the exchange
	 * @param maxSize how large it may be
	 * @param then what follows
	 * @param otherwise what follows where the body cannot be read: of type
	 * {@link org.springframework.core.io.buffer.DataBufferLimitException} if it is
	 * larger, of type {@link UnreadableMessageException} if it is not all there
	 * @return completes when the request has been answered
	 */
	public static Mono<Void> read(ServerWebExchange exchange, int maxSize, Function<BufferedExchange, Mono<Void>> then,
			Function<Throwable, Mono<Void>> otherwise) {
		if (exchange instanceof BufferedExchange buffered) {
			return then.apply(buffered);
		}
		ServerHttpRequest request = exchange.getRequest();
		HttpHeaders headers = request.getHeaders();
		long announced = headers.getContentLength();
		if (announced > maxSize) {
			return otherwise.apply(new DataBufferLimitException("The body is longer than " + maxSize + " bytes"));
		}
		return new BodyReading(request.getBody(), maxSize, (body) -> {
			if (body.length == 0 && isForm(request)) {
				return readForm(exchange, maxSize, then, otherwise);
			}
			return isAll(headers, announced, body)
					? then.apply(new BufferedExchange(exchange,
							new Request(request, body, headers, announced, factory(exchange)), exchange.getResponse()))
					: otherwise.apply(notAll());
		}, otherwise);
	}

	/**
	 * Return an exchange whose body has been read.
	 * @param exchange the exchange
	 * @param body its body
	 * @return the exchange
	 */
	public static BufferedExchange of(ServerWebExchange exchange, byte[] body) {
		return of(exchange, body, exchange.getResponse());
	}

	/**
	 * Return an exchange whose body has been read.
	 * @param exchange the exchange
	 * @param body its body, which may be another than was sent
	 * @param response its response
	 * @return the exchange
	 */
	public static BufferedExchange of(ServerWebExchange exchange, byte[] body, ServerHttpResponse response) {
		ServerHttpRequest request = exchange.getRequest();
		HttpHeaders headers = request.getHeaders();
		return new BufferedExchange(exchange,
				new Request(request, body, headers, headers.getContentLength(), factory(exchange)), response);
	}

	// Of the server's own kind: whoever joins the buffers of a body takes a single one as
	// it is.
	private static DataBufferFactory factory(ServerWebExchange exchange) {
		return exchange.getResponse().bufferFactory();
	}

	// A body that has been read before is empty the second time, without an error. To
	// take that for the message would make all messages one.
	private static Mono<Void> readForm(ServerWebExchange exchange, int maxSize,
			Function<BufferedExchange, Mono<Void>> then, Function<Throwable, Mono<Void>> otherwise) {
		ServerHttpRequest request = exchange.getRequest();
		HttpHeaders headers = request.getHeaders();
		return exchange.getFormData().defaultIfEmpty(new LinkedMultiValueMap<>()).<Object>map((form) -> {
			byte[] body = form.isEmpty() ? EMPTY : encode(form, contentType(request));
			if (body.length > maxSize) {
				return new DataBufferLimitException("The form is longer than " + maxSize + " bytes");
			}
			return (body.length > 0 || isAll(headers, headers.getContentLength(), body)) ? body : notAll();
		})
			.onErrorResume(Mono::just)
			.flatMap((read) -> (read instanceof byte[] body) ? then.apply(of(exchange, body))
					: otherwise.apply((Throwable) read));
	}

	private static boolean isAll(HttpHeaders headers, long announced, byte[] body) {
		return body.length >= announced && (body.length > 0 || !headers.containsKey(HttpHeaders.TRANSFER_ENCODING));
	}

	private static UnreadableMessageException notAll() {
		return new UnreadableMessageException("""
				The request announces a body that is not there: \
				it is empty, or a filter has read it before.""");
	}

	private static byte[] encode(MultiValueMap<String, String> form, @Nullable MediaType type) {
		Charset charset = (type != null && type.getCharset() != null) ? type.getCharset() : StandardCharsets.UTF_8;
		StringJoiner fields = new StringJoiner("&");
		form.forEach((name, values) -> values.forEach((value) -> {
			String encoded = URLEncoder.encode(name, charset);
			fields.add((value != null) ? encoded + '=' + URLEncoder.encode(value, charset) : encoded);
		}));
		return fields.toString().getBytes(charset);
	}

	/**
	 * Return the same exchange with another response. This one may forget its body while
	 * that of the other is read.
	 * @param response the response
	 * @return the exchange
	 */
	public BufferedExchange with(ServerHttpResponse response) {
		return new BufferedExchange(getDelegate(), new Request(this.request), response);
	}

	/**
	 * Return the body.
	 * @return the body itself, not to be changed
	 */
	public byte[] body() {
		return this.request.body;
	}

	/**
	 * Take another array with the same bytes, so that this one may be forgotten.
	 * @param body the same body
	 */
	public void share(byte[] body) {
		this.request.body = body;
	}

	@Override
	public ServerHttpRequest getRequest() {
		return this.request;
	}

	@Override
	public ServerHttpResponse getResponse() {
		return this.response;
	}

	// The exchange below would read a body that is gone.
	@Override
	public Mono<MultiValueMap<String, String>> getFormData() {
		Mono<MultiValueMap<String, String>> data = this.formData;
		if (data == null) {
			data = isForm(this.request) ? readForm().cache() : Mono.just(new LinkedMultiValueMap<>());
			this.formData = data;
		}
		return data;
	}

	private Mono<MultiValueMap<String, String>> readForm() {
		FormHttpMessageReader reader = new FormHttpMessageReader();
		reader.setMaxInMemorySize(-1);
		return reader.readMono(FORM, this.request, Map.of()).defaultIfEmpty(new LinkedMultiValueMap<>());
	}

	@Override
	public Mono<MultiValueMap<String, Part>> getMultipartData() {
		Mono<MultiValueMap<String, Part>> data = this.multipartData;
		if (data == null) {
			data = isMultipart(this.request) ? readParts().cache() : Mono.just(new LinkedMultiValueMap<>());
			this.multipartData = data;
		}
		return data;
	}

	private Mono<MultiValueMap<String, Part>> readParts() {
		DefaultPartHttpMessageReader reader = new DefaultPartHttpMessageReader();
		reader.setMaxInMemorySize(-1);
		return new QuietMultipartReader(new MultipartHttpMessageReader(reader)).readMono(PARTS, this.request, Map.of())
			.defaultIfEmpty(new LinkedMultiValueMap<>());
	}

	@Override
	public boolean isNotModified() {
		ServerWebExchange conditions = this.conditions;
		return (conditions != null) ? conditions.isNotModified() : super.isNotModified();
	}

	@Override
	public boolean checkNotModified(Instant lastModified) {
		return conditions().checkNotModified(lastModified);
	}

	@Override
	public boolean checkNotModified(String etag) {
		return conditions().checkNotModified(etag);
	}

	@Override
	public boolean checkNotModified(@Nullable String etag, Instant lastModified) {
		return conditions().checkNotModified(etag, lastModified);
	}

	// The exchange below would put 304 or 412 on its own response, which is not the
	// handler's; and once that has been sent, it would take every condition for met.
	private ServerWebExchange conditions() {
		ServerWebExchange conditions = this.conditions;
		if (conditions == null) {
			conditions = new DefaultServerWebExchange(this.request, this.response, (exchange) -> Mono.empty(),
					ServerCodecConfigurer.create(), new AcceptHeaderLocaleContextResolver());
			this.conditions = conditions;
		}
		return conditions;
	}

	private static boolean isForm(ServerHttpRequest request) {
		MediaType type = contentType(request);
		return type != null && type.isConcrete() && MediaType.APPLICATION_FORM_URLENCODED.isCompatibleWith(type);
	}

	private static boolean isMultipart(ServerHttpRequest request) {
		MediaType type = contentType(request);
		return type != null && type.isConcrete() && type.getType().equalsIgnoreCase("multipart");
	}

	private static @Nullable MediaType contentType(ServerHttpRequest request) {
		try {
			return request.getHeaders().getContentType();
		}
		catch (InvalidMediaTypeException ex) {
			// Whoever reads the body by its type will say so.
			return null;
		}
	}

	/**
	 * The request.
	 */
	private static final class Request extends ServerHttpRequestDecorator {

		private final HttpHeaders headers;

		private final DataBufferFactory factory;

		private volatile byte[] body;

		Request(ServerHttpRequest request, byte[] body, HttpHeaders headers, long announced,
				DataBufferFactory factory) {
			super(request);
			this.body = body;
			this.factory = factory;
			this.headers = (announced >= 0 && announced != body.length) ? resized(headers, body.length) : headers;
		}

		Request(Request other) {
			super(other.getDelegate());
			this.body = other.body;
			this.headers = other.headers;
			this.factory = other.factory;
		}

		// A body that was decrypted is shorter than was announced.
		private static HttpHeaders resized(HttpHeaders headers, int length) {
			HttpHeaders copy = new HttpHeaders();
			copy.putAll(headers);
			copy.setContentLength(length);
			return copy;
		}

		@Override
		public HttpHeaders getHeaders() {
			return this.headers;
		}

		@Override
		public Flux<DataBuffer> getBody() {
			return (this.body.length > 0) ? Flux.defer(() -> Flux.just(buffer())) : Flux.empty();
		}

		// What a handler does to it, such as to write behind its end, does nothing to the
		// body that is kept.
		private DataBuffer buffer() {
			return (RequestChannel.isPresent() && this.factory instanceof NettyDataBufferFactory netty)
					? NettyBuffers.copy(this.body, netty) : this.factory.wrap(this.body.clone());
		}

	}

	/**
	 * What needs Netty.
	 */
	private static final class NettyBuffers {

		private NettyBuffers() {
		}

		// On the heap: whoever forgets to release it leaks nothing.
		static DataBuffer copy(byte[] body, NettyDataBufferFactory factory) {
			return factory.wrap(Unpooled.buffer(body.length).writeBytes(body));
		}

	}

}
