package io.serverhardening.wire;

import java.nio.charset.StandardCharsets;
import java.util.concurrent.atomic.AtomicLong;
import java.util.zip.CRC32;

/**
 * Bodies that name the request they belong to, all over.
 */
final class Content {

	private static final AtomicLong MARKS = new AtomicLong(System.currentTimeMillis() % 1_000_000 * 1_000_000_000);

	private Content() {
	}

	/**
	 * Return a mark that no other request has.
	 * @return ten letters and digits, so that none is the beginning of another
	 */
	static String mark() {
		String number = Long.toString(MARKS.incrementAndGet(), 36);
		return "m" + "0".repeat(10 - number.length()) + number;
	}

	/**
	 * Return the body of a request.
	 * @param mark whose
	 * @param size how many bytes
	 * @return the body
	 */
	static byte[] ofRequest(String mark, int size) {
		return fill(mark + ">", size);
	}

	/**
	 * Return the body of an answer.
	 * @param mark whose
	 * @param size how many bytes
	 * @return the body
	 */
	static byte[] ofAnswer(String mark, int size) {
		return fill(mark + "<", size);
	}

	private static byte[] fill(String text, int size) {
		byte[] pattern = text.getBytes(StandardCharsets.US_ASCII);
		byte[] bytes = new byte[size];
		int filled = Math.min(pattern.length, size);
		System.arraycopy(pattern, 0, bytes, 0, filled);
		while (filled < size) {
			int more = Math.min(filled, size - filled);
			System.arraycopy(bytes, 0, bytes, filled, more);
			filled += more;
		}
		return bytes;
	}

	/**
	 * Say what a body is, in short.
	 * @param bytes the body
	 * @return its size and a sum over it
	 */
	static String receipt(byte[] bytes) {
		CRC32 sum = new CRC32();
		sum.update(bytes);
		return receipt(bytes.length, sum);
	}

	static String receipt(long size, CRC32 sum) {
		return size + ":" + Long.toHexString(sum.getValue());
	}

}
