package io.serverhardening.internal.message;

import java.util.List;

import org.springframework.http.codec.HttpMessageReader;
import org.springframework.http.codec.HttpMessageWriter;
import org.springframework.http.codec.ServerCodecConfigurer;
import org.springframework.http.codec.multipart.MultipartHttpMessageReader;

/**
 * The application's codecs, with each {@link QuietMultipartReader reader of multipart
 * bodies quiet}, whichever the application has chosen.
 */
public final class QuietCodecs implements ServerCodecConfigurer {

	private final ServerCodecConfigurer delegate;

	/**
	 * Create the codecs.
	 * @param delegate those of the application
	 */
	public QuietCodecs(ServerCodecConfigurer delegate) {
		this.delegate = delegate;
	}

	@Override
	public ServerDefaultCodecs defaultCodecs() {
		return this.delegate.defaultCodecs();
	}

	@Override
	public CustomCodecs customCodecs() {
		return this.delegate.customCodecs();
	}

	@Override
	public void registerDefaults(boolean registerDefaults) {
		this.delegate.registerDefaults(registerDefaults);
	}

	@Override
	public List<HttpMessageReader<?>> getReaders() {
		List<HttpMessageReader<?>> readers = this.delegate.getReaders();
		readers.replaceAll(QuietCodecs::quiet);
		return readers;
	}

	private static HttpMessageReader<?> quiet(HttpMessageReader<?> reader) {
		return (reader instanceof MultipartHttpMessageReader multipart) ? new QuietMultipartReader(multipart) : reader;
	}

	@Override
	public List<HttpMessageWriter<?>> getWriters() {
		return this.delegate.getWriters();
	}

	@Override
	public ServerCodecConfigurer clone() {
		return new QuietCodecs(this.delegate.clone());
	}

}
