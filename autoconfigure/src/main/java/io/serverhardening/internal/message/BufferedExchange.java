package io.serverhardening.internal.message;

import java.time.Instant;
import java.util.function.Function;

import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

import org.springframework.core.io.buffer.DataBufferFactory;
import org.springframework.core.io.buffer.DataBufferLimitException;
import org.springframework.http.HttpHeaders;
import org.springframework.http.codec.ServerCodecConfigurer;
import org.springframework.http.codec.multipart.Part;
import org.springframework.http.server.reactive.ServerHttpRequest;
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

	private final BufferedRequest request;

	private final ServerHttpResponse response;

	private @Nullable Mono<MultiValueMap<String, String>> formData;

	private @Nullable Mono<MultiValueMap<String, Part>> multipartData;

	private @Nullable ServerWebExchange conditions;

	private BufferedExchange(ServerWebExchange exchange, BufferedRequest request, ServerHttpResponse response) {
		super(exchange);
		this.request = request;
		this.response = response;
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
			if (body.length == 0 && FormBody.isForm(request)) {
				return readForm(exchange, maxSize, then, otherwise);
			}
			return isAll(headers, announced, body) ? then.apply(new BufferedExchange(exchange,
					new BufferedRequest(request, body, headers, announced, factory(exchange)), exchange.getResponse()))
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
		HttpHeaders headers = exchange.getRequest().getHeaders();
		return new BufferedExchange(exchange, new BufferedRequest(exchange.getRequest(), body, headers,
				headers.getContentLength(), factory(exchange)), response);
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
			byte[] body = form.isEmpty() ? EMPTY : FormBody.encode(form, request);
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
		return body.length >= announced && (body.length > 0 || headers.getFirst(HttpHeaders.TRANSFER_ENCODING) == null);
	}

	private static UnreadableMessageException notAll() {
		return new UnreadableMessageException("""
				The request announces a body that is not there: \
				it is empty, or a filter has read it before.""");
	}

	/**
	 * Return the same exchange with another response. This one may forget its body while
	 * that of the other is read.
	 * @param response the response
	 * @return the exchange
	 */
	public BufferedExchange with(ServerHttpResponse response) {
		return new BufferedExchange(getDelegate(), new BufferedRequest(this.request), response);
	}

	/**
	 * Return the body.
	 * @return the body itself, not to be changed
	 */
	public byte[] body() {
		return this.request.body();
	}

	/**
	 * Take another array with the same bytes, so that this one may be forgotten.
	 * @param body the same body
	 */
	public void share(byte[] body) {
		this.request.share(body);
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
			data = FormBody.isForm(this.request) ? FormBody.readForm(this.request).cache()
					: Mono.just(new LinkedMultiValueMap<>());
			this.formData = data;
		}
		return data;
	}

	@Override
	public Mono<MultiValueMap<String, Part>> getMultipartData() {
		Mono<MultiValueMap<String, Part>> data = this.multipartData;
		if (data == null) {
			data = FormBody.isMultipart(this.request) ? FormBody.readParts(this.request).cache()
					: Mono.just(new LinkedMultiValueMap<>());
			this.multipartData = data;
		}
		return data;
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

}
