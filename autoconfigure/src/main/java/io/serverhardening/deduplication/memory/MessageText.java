package io.serverhardening.deduplication.memory;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;

import io.serverhardening.deduplication.record.Answer;
import io.serverhardening.deduplication.record.ClaimRequest;
import org.jspecify.annotations.Nullable;

/**
 * The words of a message in one array that is used again: its id, its fingerprint, its
 * owner and its answer, one after the other. A message then leaves the collector nothing
 * to copy, to mark or to free, however many are remembered.
 */
final class MessageText {

	/** An array that has grown above it is not kept for the next message. */
	private static final int KEPT = 512;

	/** Arrays grow in steps of it, so that few ever grow twice. */
	private static final int STEP = 64;

	private static final byte[] NOTHING = {};

	private static final int ASCII = 0x7f;

	private byte[] bytes = NOTHING;

	private int fingerprint;

	private int owner;

	private int answer;

	private int end;

	/**
	 * Begin with another message.
	 * @param request who asks for it
	 * @throws IllegalArgumentException if what it asks with is not ASCII
	 */
	void begin(ClaimRequest request) {
		this.fingerprint = write(0, request.id());
		this.owner = write(this.fingerprint, request.fingerprint());
		owner(request.owner());
	}

	/**
	 * Have room for another owner. What comes after it cannot fail.
	 * @param owner the owner
	 * @throws IllegalArgumentException if it is not ASCII
	 */
	void expectOwner(String owner) {
		for (int i = 0; i < owner.length(); i++) {
			require(owner, owner.charAt(i));
		}
		reserve(this.owner + owner.length());
	}

	/**
	 * Have room for an answer. What comes after it cannot fail.
	 * @param encoded the answer, {@code null} for none
	 */
	void expectAnswer(byte @Nullable [] encoded) {
		if (encoded != null) {
			reserve(this.answer + encoded.length);
		}
	}

	/**
	 * Have another owner, who has not answered yet.
	 * @param owner the owner
	 */
	void owner(String owner) {
		this.answer = write(this.owner, owner);
		this.end = this.answer;
	}

	/**
	 * Keep an answer.
	 * @param encoded the answer, {@code null} for none
	 */
	void answer(byte @Nullable [] encoded) {
		this.end = this.answer;
		if (encoded != null) {
			reserve(this.answer + encoded.length);
			System.arraycopy(encoded, 0, this.bytes, this.answer, encoded.length);
			this.end += encoded.length;
		}
	}

	/**
	 * Forget the message.
	 */
	void clear() {
		if (this.bytes.length > KEPT) {
			this.bytes = NOTHING;
		}
	}

	int capacity() {
		return this.bytes.length;
	}

	boolean isId(String text) {
		return is(text, 0, this.fingerprint);
	}

	boolean isFingerprint(String text) {
		return is(text, this.fingerprint, this.owner);
	}

	boolean isOwner(String text) {
		return is(text, this.owner, this.answer);
	}

	String id() {
		return read(0, this.fingerprint);
	}

	String fingerprint() {
		return read(this.fingerprint, this.owner);
	}

	String owner() {
		return read(this.owner, this.answer);
	}

	@Nullable Answer answer() {
		return (answerSize() > 0) ? Answer.decode(Arrays.copyOfRange(this.bytes, this.answer, this.end)) : null;
	}

	int answerSize() {
		return this.end - this.answer;
	}

	private String read(int from, int to) {
		return new String(this.bytes, from, to - from, StandardCharsets.US_ASCII);
	}

	private boolean is(String text, int from, int to) {
		if (text.length() != to - from) {
			return false;
		}
		for (int i = 0; i < text.length(); i++) {
			if (this.bytes[from + i] != text.charAt(i)) {
				return false;
			}
		}
		return true;
	}

	private int write(int from, String text) {
		int to = from + text.length();
		reserve(to);
		for (int i = 0; i < text.length(); i++) {
			this.bytes[from + i] = require(text, text.charAt(i));
		}
		return to;
	}

	private static byte require(String text, char next) {
		if (next > ASCII) {
			throw new IllegalArgumentException("A message cannot be known by '" + text + "', which is not ASCII");
		}
		return (byte) next;
	}

	private void reserve(int length) {
		if (length > this.bytes.length) {
			this.bytes = Arrays.copyOf(this.bytes, (length + STEP - 1) / STEP * STEP);
		}
	}

}
