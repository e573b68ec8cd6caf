package io.serverhardening.deduplication.key;

import java.net.URI;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

import io.serverhardening.internal.message.BufferedExchange;
import org.jspecify.annotations.Nullable;

import org.springframework.http.HttpHeaders;
import org.springframework.http.InvalidMediaTypeException;
import org.springframework.http.MediaType;

/**
 * What tells messages of one key apart.
 */
final class Fingerprint {

	/** Bytes of a digest that are enough to tell messages apart. */
	private static final int LENGTH = 16;

	private static final byte SEPARATOR = 0;

	private static final String MULTIPART = "multipart/";

	/** To make one is to look through the providers. Each is used on, and never kept. */
	private static final ThreadLocal<MessageDigest> DIGEST = ThreadLocal.withInitial(Fingerprint::newDigest);

	private Fingerprint() {
	}

	/**
	 * Return the fingerprint of a message. Where a sender signs, the query is its
	 * signature, new for each attempt, and nobody has signed how the path is written.
	 * @param exchange the message
	 * @param signed whether its sender has signed it
	 * @return the fingerprint
	 */
	static String of(BufferedExchange exchange, boolean signed) {
		MessageDigest digest = sha256();
		if (signed) {
			digest.update(exchange.body());
			return hex(digest);
		}
		URI uri = exchange.getRequest().getURI();
		digest.update(uri.getRawPath().getBytes(StandardCharsets.UTF_8));
		if (uri.getRawQuery() != null) {
			digest.update((byte) '?');
			digest.update(uri.getRawQuery().getBytes(StandardCharsets.UTF_8));
		}
		digest.update(SEPARATOR);
		String boundary = boundary(exchange.getRequest().getHeaders());
		if (boundary != null) {
			updateParts(digest, exchange.body(), ("--" + boundary).getBytes(StandardCharsets.UTF_8));
		}
		else {
			digest.update(exchange.body());
		}
		return hex(digest);
	}

	private static @Nullable String boundary(HttpHeaders headers) {
		String text = headers.getFirst(HttpHeaders.CONTENT_TYPE);
		// What is no multipart need not be parsed for it.
		if (text == null || !text.regionMatches(true, 0, MULTIPART, 0, MULTIPART.length())) {
			return null;
		}
		try {
			return unquoted(MediaType.parseMediaType(text).getParameter("boundary"));
		}
		catch (InvalidMediaTypeException ex) {
			// Whoever reads the body says so.
			return null;
		}
	}

	private static @Nullable String unquoted(@Nullable String text) {
		return (text != null && text.length() > 2 && text.startsWith("\"") && text.endsWith("\""))
				? text.substring(1, text.length() - 1) : text;
	}

	// A client makes up another boundary for each attempt. How long each piece is goes in
	// with it: else what looks like a boundary could take the place of one.
	private static void updateParts(MessageDigest digest, byte[] body, byte[] delimiter) {
		int begin = 0;
		for (int at = 0; at <= body.length - delimiter.length;) {
			if (isBeginOfLine(body, at) && startsWith(body, at, delimiter)) {
				updatePiece(digest, body, begin, at);
				at += delimiter.length;
				begin = at;
			}
			else {
				at++;
			}
		}
		updatePiece(digest, body, begin, body.length);
	}

	// A boundary is nowhere else (RFC 2046, 5.1.1), and has no line end in it: each byte
	// of a body is compared once.
	private static boolean isBeginOfLine(byte[] body, int at) {
		return at == 0 || (at > 1 && body[at - 2] == '\r' && body[at - 1] == '\n');
	}

	private static boolean startsWith(byte[] body, int at, byte[] delimiter) {
		for (int i = 0; i < delimiter.length; i++) {
			if (body[at + i] != delimiter[i]) {
				return false;
			}
		}
		return true;
	}

	private static void updatePiece(MessageDigest digest, byte[] body, int begin, int end) {
		digest.update(ByteBuffer.allocate(Integer.BYTES).putInt(end - begin).flip());
		digest.update(body, begin, end - begin);
	}

	/**
	 * Return what a message is known by whose key belongs to another.
	 * @param id what the other is known by
	 * @param fingerprint what is in it
	 * @return what it is known by
	 */
	static String idOf(String id, String fingerprint) {
		MessageDigest digest = sha256();
		digest.update(id.getBytes(StandardCharsets.US_ASCII));
		digest.update(fingerprint.getBytes(StandardCharsets.US_ASCII));
		return hex(digest);
	}

	/**
	 * Return a digest, to be finished before the next is asked for.
	 * @return the digest of this thread
	 */
	static MessageDigest sha256() {
		MessageDigest digest = DIGEST.get();
		// One that failed half-way has left something in it.
		digest.reset();
		return digest;
	}

	private static MessageDigest newDigest() {
		try {
			return MessageDigest.getInstance("SHA-256");
		}
		catch (NoSuchAlgorithmException ex) {
			throw new IllegalStateException("Every JDK has it", ex);
		}
	}

	static String hex(MessageDigest digest) {
		return HexFormat.of().formatHex(digest.digest(), 0, LENGTH);
	}

}
