package io.serverhardening.internal.message;

import java.net.URLEncoder;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.StringJoiner;

import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

import org.springframework.core.ResolvableType;
import org.springframework.http.InvalidMediaTypeException;
import org.springframework.http.MediaType;
import org.springframework.http.codec.FormHttpMessageReader;
import org.springframework.http.codec.multipart.DefaultPartHttpMessageReader;
import org.springframework.http.codec.multipart.MultipartHttpMessageReader;
import org.springframework.http.codec.multipart.Part;
import org.springframework.http.server.reactive.ServerHttpRequest;
import org.springframework.util.LinkedMultiValueMap;
import org.springframework.util.MultiValueMap;

/**
 * Bodies that are forms, with files or without.
 */
final class FormBody {

	private static final ResolvableType FORM = ResolvableType.forClassWithGenerics(MultiValueMap.class, String.class,
			String.class);

	private static final ResolvableType PARTS = ResolvableType.forClassWithGenerics(MultiValueMap.class, String.class,
			Part.class);

	private FormBody() {
	}

	static boolean isForm(ServerHttpRequest request) {
		MediaType type = contentType(request);
		return type != null && type.isConcrete() && MediaType.APPLICATION_FORM_URLENCODED.isCompatibleWith(type);
	}

	static boolean isMultipart(ServerHttpRequest request) {
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
	 * Read a form.
	 * @param request the request
	 * @return its fields
	 */
	static Mono<MultiValueMap<String, String>> readForm(ServerHttpRequest request) {
		FormHttpMessageReader reader = new FormHttpMessageReader();
		reader.setMaxInMemorySize(-1);
		return reader.readMono(FORM, request, Map.of()).defaultIfEmpty(new LinkedMultiValueMap<>());
	}

	/**
	 * Read the parts of a form with files.
	 * @param request the request
	 * @return its parts
	 */
	static Mono<MultiValueMap<String, Part>> readParts(ServerHttpRequest request) {
		DefaultPartHttpMessageReader reader = new DefaultPartHttpMessageReader();
		reader.setMaxInMemorySize(-1);
		return new QuietMultipartReader(new MultipartHttpMessageReader(reader)).readMono(PARTS, request, Map.of())
			.defaultIfEmpty(new LinkedMultiValueMap<>());
	}

	/**
	 * Write a form that has been read.
	 * @param form its fields
	 * @param request the request that it came with
	 * @return its bytes, as they may have been sent
	 */
	static byte[] encode(MultiValueMap<String, String> form, ServerHttpRequest request) {
		MediaType type = contentType(request);
		Charset charset = (type != null && type.getCharset() != null) ? type.getCharset() : StandardCharsets.UTF_8;
		StringJoiner fields = new StringJoiner("&");
		form.forEach((name, values) -> values.forEach((value) -> {
			String encoded = URLEncoder.encode(name, charset);
			fields.add((value != null) ? encoded + '=' + URLEncoder.encode(value, charset) : encoded);
		}));
		return fields.toString().getBytes(charset);
	}

}
