package io.serverhardening.internal.message;

import java.util.List;
import java.util.Map;
import java.util.function.Consumer;

import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

import org.springframework.core.ResolvableType;
import org.springframework.http.MediaType;
import org.springframework.http.ReactiveHttpInputMessage;
import org.springframework.http.codec.HttpMessageReader;
import org.springframework.http.codec.multipart.Part;
import org.springframework.util.MultiValueMap;

/**
 * A reader of multipart bodies, less what it writes to the log for everybody.
 * <p>
 * Spring's fails twice where a body ends early, which every refused upload does and every
 * client can do. Who waits for the parts hears of the first failure; the second finds
 * nobody, and Reactor would log it with its stack.
 */
public final class QuietMultipartReader implements HttpMessageReader<MultiValueMap<String, Part>> {

	private static final Log logger = LogFactory.getLog(QuietMultipartReader.class);

	/** Where Reactor's Operators look for somebody who minds a dropped error. */
	private static final String ON_ERROR_DROPPED = "reactor.onErrorDropped.local";

	private final HttpMessageReader<MultiValueMap<String, Part>> delegate;

	/**
	 * Create the reader.
	 * @param delegate reads the bodies
	 */
	public QuietMultipartReader(HttpMessageReader<MultiValueMap<String, Part>> delegate) {
		this.delegate = delegate;
	}

	@Override
	public List<MediaType> getReadableMediaTypes() {
		return this.delegate.getReadableMediaTypes();
	}

	@Override
	public List<MediaType> getReadableMediaTypes(ResolvableType elementType) {
		return this.delegate.getReadableMediaTypes(elementType);
	}

	@Override
	public boolean canRead(ResolvableType elementType, @Nullable MediaType mediaType) {
		return this.delegate.canRead(elementType, mediaType);
	}

	@Override
	public Flux<MultiValueMap<String, Part>> read(ResolvableType elementType, ReactiveHttpInputMessage message,
			Map<String, Object> hints) {
		return Flux.from(readMono(elementType, message, hints));
	}

	@Override
	public Mono<MultiValueMap<String, Part>> readMono(ResolvableType elementType, ReactiveHttpInputMessage message,
			Map<String, Object> hints) {
		// In front of the exchange's cache: behind it, a cancelled handler's context is
		// gone.
		Consumer<Throwable> hook = QuietMultipartReader::dropped;
		return this.delegate.readMono(elementType, message, hints)
			.contextWrite((context) -> context.put(ON_ERROR_DROPPED, hook));
	}

	private static void dropped(Throwable ex) {
		logger.debug("A multipart body failed once more", ex);
	}

}
