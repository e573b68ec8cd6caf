package io.serverhardening;

import java.util.Map;
import java.util.Objects;
import java.util.function.UnaryOperator;

import org.jspecify.annotations.Nullable;

/**
 * What a {@link WebhookSender} has to say of a push: it is genuine, it is answered here,
 * or it is refused.
 */
public sealed interface WebhookVerdict {

	/**
	 * The push is the sender's own.
	 * @param id what the sender knows it by, the same for each attempt; only what the
	 * sender has signed, and empty where that is nothing
	 * @param body what the handler gets: the push's body, or what was encrypted in it
	 * @return the verdict, to which a nonce, fields and a reply can be added
	 */
	static Genuine genuine(String id, byte[] body) {
		return new Genuine(id, body, "", Map.of(), null);
	}

	/**
	 * The sender is answered in place of a handler, such as one that has its address
	 * proved. Counted as proved.
	 * @param text the body of a 200, sent as JSON where it begins with a brace and as
	 * text otherwise
	 * @return the verdict
	 */
	static WebhookVerdict answered(String text) {
		return new Answered(text);
	}

	/**
	 * The push is not believed. Answered with 401, and nothing of it is remembered.
	 * @param detail one sentence for whoever sent it, without secrets
	 * @return the verdict
	 */
	static WebhookVerdict refused(String detail) {
		return new Refused(detail);
	}

	/**
	 * The push is the sender's own.
	 *
	 * @param id what the sender knows it by, empty where it signs no such thing
	 * @param body what the handler gets, not to be changed
	 * @param nonce what was signed, and is used for one message only; empty for nothing
	 * @param fields what {@link WebhookMessage#fields()} shows
	 * @param reply encrypts what the handler answers, anew for each attempt, {@code null}
	 * to have it sent as it is
	 */
	@SuppressWarnings("ArrayRecordComponent")
	record Genuine(String id, byte[] body, String nonce, Map<String, String> fields,
			@Nullable UnaryOperator<byte[]> reply) implements WebhookVerdict {

		public Genuine {
			Objects.requireNonNull(id, "id");
			Objects.requireNonNull(body, "body");
			Objects.requireNonNull(nonce, "nonce");
			fields = Map.copyOf(fields);
		}

		/**
		 * Have a nonce used up. It is taken again only with the same body, method and
		 * route, and only where a route deduplicates; or where the first was not handled.
		 * @param nonce what the sender has signed
		 * @return the same verdict with it
		 */
		public Genuine withNonce(String nonce) {
			return new Genuine(this.id, this.body, nonce, this.fields, this.reply);
		}

		/**
		 * Show the handler fields of the body.
		 * @param fields the fields by name
		 * @return the same verdict with them
		 */
		public Genuine withFields(Map<String, String> fields) {
			return new Genuine(this.id, this.body, this.nonce, fields, this.reply);
		}

		/**
		 * Have what the handler answers encrypted. What it answers with another status
		 * than 2xx, nothing at all and the sender's acknowledgement go as they are.
		 * @param reply from the handler's answer to what is sent: JSON, XML or text
		 * @return the same verdict with it
		 */
		public Genuine withReply(UnaryOperator<byte[]> reply) {
			return new Genuine(this.id, this.body, this.nonce, this.fields, reply);
		}

		/** Without what the client sent. */
		@Override
		public String toString() {
			return "Genuine[" + this.body.length + " bytes]";
		}

	}

	/**
	 * The sender is answered in place of a handler.
	 *
	 * @param text the answer
	 */
	record Answered(String text) implements WebhookVerdict {

		public Answered {
			Objects.requireNonNull(text, "text");
		}

		/** Without what the client sent. */
		@Override
		public String toString() {
			return "Answered[]";
		}

	}

	/**
	 * The push is not believed.
	 *
	 * @param detail why, for whoever sent it
	 */
	record Refused(String detail) implements WebhookVerdict {

		public Refused {
			Objects.requireNonNull(detail, "detail");
		}

	}

}
