package io.serverhardening.wire;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.SplittableRandom;

import io.serverhardening.wire.Message.Framing;

/**
 * A request as the bytes of HTTP/1.1.
 *
 * @param bytes all of it
 * @param head how many of them are the head
 * @param late where what comes late begins, or the end
 */
@SuppressWarnings("ArrayRecordComponent")
record Http1Request(byte[] bytes, int head, int late) {

	static Http1Request of(Message message, String mark, SplittableRandom random) {
		StringBuilder head = new StringBuilder(200);
		if (message.is(Trait.BAD_LINE)) {
			head.append("no request\r\n");
		}
		else {
			head.append(message.method())
				.append(' ')
				.append(message.target(mark))
				.append(message.is(Trait.HTTP_1_0) ? " HTTP/1.0"
						: message.is(Trait.BAD_VERSION) ? " HTTP/9.9" : " HTTP/1.1")
				.append("\r\n");
		}
		head.append("Host: test\r\n");
		fields(message, head);
		if (message.framing() == Framing.COUNTED) {
			head.append("Content-Length: ").append(message.size()).append("\r\n");
		}
		else if (message.framing() == Framing.CHUNKED) {
			head.append("Transfer-Encoding: chunked\r\n");
		}
		head.append("\r\n");
		ByteArrayOutputStream bytes = new ByteArrayOutputStream(head.length() + message.size() * 2);
		text(bytes, head.toString());
		int late = -1;
		byte[] body = Content.ofRequest(mark, message.size());
		if (message.framing() == Framing.COUNTED) {
			bytes.writeBytes(body);
			late = bytes.size() - Math.min(message.size(), 1);
		}
		else if (message.framing() == Framing.CHUNKED) {
			late = chunks(message, body, bytes, random);
		}
		return new Http1Request(bytes.toByteArray(), head.length(),
				(message.is(Trait.LATE_END) && late >= 0) ? late : bytes.size());
	}

	private static void fields(Message message, StringBuilder head) {
		if (message.is(Trait.CLOSE)) {
			head.append("Connection: close\r\n");
		}
		if (message.is(Trait.KEEP_ALIVE)) {
			head.append("Connection: keep-alive\r\n");
		}
		if (message.is(Trait.EXPECT) || message.is(Trait.EXPECT_WAIT)) {
			head.append("Expect: 100-continue\r\n");
		}
		if (message.is(Trait.ORIGIN) || message.is(Trait.PREFLIGHT)) {
			head.append("Origin: http://elsewhere.example\r\n");
		}
		if (message.is(Trait.PREFLIGHT)) {
			head.append("Access-Control-Request-Method: PUT\r\n");
		}
		if (message.is(Trait.WEBSOCKET)) {
			head.append("Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n")
				.append("Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n");
		}
		if (message.is(Trait.H2C)) {
			head.append("Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\n")
				.append("HTTP2-Settings: AAMAAABkAAQAAP__\r\n");
		}
		if (message.is(Trait.OTHER_PROTOCOL)) {
			head.append("Connection: Upgrade\r\nUpgrade: another/1\r\n");
		}
		if (message.is(Trait.H2C_WITHOUT_SETTINGS)) {
			head.append("Connection: Upgrade\r\nUpgrade: h2c\r\n");
		}
		if (message.is(Trait.TWO_LENGTHS)) {
			head.append("Content-Length: 3\r\nContent-Length: 4\r\n");
		}
		if (message.is(Trait.LARGE_HEAD)) {
			head.append("X-Large: ").append("x".repeat(10_000)).append("\r\n");
		}
	}

	private static int chunks(Message message, byte[] body, ByteArrayOutputStream bytes, SplittableRandom random) {
		int bad = message.is(Trait.BAD_CHUNK) ? random.nextInt(body.length + 1) : Integer.MAX_VALUE;
		for (int at = 0; at < body.length;) {
			int size = message.is(Trait.PIECES) ? 1 + random.nextInt(Math.max(1, body.length / 4)) : body.length;
			size = Math.min(size, body.length - at);
			if (at + size > bad) {
				break;
			}
			text(bytes, Integer.toHexString(size) + (message.is(Trait.EXTENSIONS) ? ";name=\"v\"" : "") + "\r\n");
			bytes.write(body, at, size);
			text(bytes, "\r\n");
			at += size;
		}
		if (bad != Integer.MAX_VALUE) {
			text(bytes, "zz\r\n");
		}
		int late = bytes.size();
		text(bytes, "0" + (message.is(Trait.EXTENSIONS) ? ";last" : "") + "\r\n");
		if (message.is(Trait.TRAILERS)) {
			text(bytes, "X-Trailer: GET /w/free/trailer HTTP/1.1\r\n");
		}
		text(bytes, "\r\n");
		return late;
	}

	private static void text(ByteArrayOutputStream bytes, String text) {
		bytes.writeBytes(text.getBytes(StandardCharsets.US_ASCII));
	}

}
