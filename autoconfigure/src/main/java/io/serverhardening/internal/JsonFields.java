package io.serverhardening.internal;

import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.Map;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonPointer;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import org.jspecify.annotations.Nullable;

/**
 * Reads the values of a small JSON document by their pointers (RFC 6901).
 */
public final class JsonFields {

	private static final int MAX_DEPTH = 32;

	private static final int MAX_FIELDS = 512;

	private static final JsonFactory FACTORY = JsonFactory.builder()
		.streamReadConstraints(StreamReadConstraints.builder().maxNestingDepth(MAX_DEPTH).build())
		.build();

	private JsonFields() {
	}

	/**
	 * Read a document.
	 * @param document the document
	 * @return strings, numbers and booleans by their pointers, such as {@code /order/id}
	 * @throws UnreadableMessageException if it is none
	 */
	public static Map<String, String> read(byte[] document) {
		Map<String, String> fields = new LinkedHashMap<>();
		try (JsonParser parser = FACTORY.createParser(document)) {
			JsonToken token = parser.nextToken();
			if (token == null) {
				throw new UnreadableMessageException("The message is empty.");
			}
			for (; token != null; token = parser.nextToken()) {
				if (token.isScalarValue() && token != JsonToken.VALUE_NULL) {
					fields.put(parser.getParsingContext().pathAsPointer().toString(), parser.getText());
				}
				if (fields.size() > MAX_FIELDS) {
					throw new UnreadableMessageException("The message has too many fields.");
				}
			}
			return fields;
		}
		catch (IOException ex) {
			throw new UnreadableMessageException("The message is not well-formed JSON.");
		}
	}

	/**
	 * Read one value of a document.
	 * @param document the document
	 * @param pointer where it is
	 * @return the value, or {@code null} if there is none, or no string, number or
	 * boolean
	 * @throws UnreadableMessageException if it is no document
	 */
	public static @Nullable String read(byte[] document, JsonPointer pointer) {
		String found = null;
		try (JsonParser parser = FACTORY.createParser(document)) {
			JsonToken token = parser.nextToken();
			if (token == null) {
				throw new UnreadableMessageException("The message is empty.");
			}
			// To the end: half a document is none.
			for (; token != null; token = parser.nextToken()) {
				if (found == null && token.isScalarValue() && token != JsonToken.VALUE_NULL
						&& parser.getParsingContext().pathAsPointer().equals(pointer)) {
					found = parser.getText();
				}
			}
			return found;
		}
		catch (IOException ex) {
			throw new UnreadableMessageException("The message is not well-formed JSON.");
		}
	}

}
