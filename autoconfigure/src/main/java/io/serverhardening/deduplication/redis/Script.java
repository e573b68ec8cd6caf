package io.serverhardening.deduplication.redis;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;

import reactor.core.publisher.Mono;

import org.springframework.core.io.ClassPathResource;
import org.springframework.data.redis.connection.ReactiveRedisConnection;
import org.springframework.data.redis.connection.ReactiveScriptingCommands;
import org.springframework.data.redis.connection.ReturnType;

/**
 * A script of ours. It is sent once; from then on Redis is told its digest.
 */
final class Script {

	private final String digest;

	private final byte[] source;

	Script(String name) {
		try {
			this.source = new ClassPathResource(name, Script.class).getContentAsByteArray();
			this.digest = HexFormat.of().formatHex(MessageDigest.getInstance("SHA-1").digest(this.source));
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
		catch (NoSuchAlgorithmException ex) {
			throw new IllegalStateException(ex);
		}
	}

	/**
	 * Run the script.
	 * @param connection where
	 * @param keyAndArguments its key, and what else it takes
	 * @return what it returned: numbers and byte buffers
	 */
	Mono<List<Object>> run(ReactiveRedisConnection connection, ByteBuffer... keyAndArguments) {
		ReactiveScriptingCommands commands = connection.scriptingCommands();
		return commands.<List<Object>>evalSha(this.digest, ReturnType.MULTI, 1, keyAndArguments)
			.next()
			.onErrorResume(Script::isUnknown,
					(error) -> commands
						.<List<Object>>eval(ByteBuffer.wrap(this.source), ReturnType.MULTI, 1, keyAndArguments)
						.next());
	}

	private static boolean isUnknown(Throwable error) {
		for (Throwable cause = error; cause != null; cause = cause.getCause()) {
			String message = cause.getMessage();
			if (message != null && message.startsWith("NOSCRIPT")) {
				return true;
			}
		}
		return false;
	}

	static ByteBuffer argument(long value) {
		return argument(Long.toString(value));
	}

	static ByteBuffer argument(String text) {
		return ByteBuffer.wrap(text.getBytes(StandardCharsets.UTF_8));
	}

	static long number(Object value) {
		return (value instanceof Number number) ? number.longValue() : Long.parseLong(text(value));
	}

	static String text(Object value) {
		return new String(bytes(value), StandardCharsets.UTF_8);
	}

	static byte[] bytes(Object value) {
		if (value instanceof ByteBuffer buffer) {
			byte[] bytes = new byte[buffer.remaining()];
			buffer.duplicate().get(bytes);
			return bytes;
		}
		return (value instanceof byte[] bytes) ? bytes : value.toString().getBytes(StandardCharsets.UTF_8);
	}

}
