package io.serverhardening.internal.message;

import java.io.IOException;
import java.nio.ByteBuffer;
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

	/** A field has a name and a value; objects and lists have a beginning and an end. */
	private static final int TOKENS = 4;

	private static final int MAX_NAME = 256;

	private static final JsonFactory FACTORY = JsonFactory.builder()
		.streamReadConstraints(
				StreamReadConstraints.builder().maxNestingDepth(MAX_DEPTH).maxNameLength(MAX_NAME).build())
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
		return read(document, MAX_FIELDS);
	}

	/**
	 * Read a document that somebody has vouched for.
	 * @param document the document
	 * @param maxFields how many values it may have
	 * @return strings, numbers and booleans by their pointers, such as {@code /order/id}
	 * @throws UnreadableMessageException if it is none
	 */
	public static Map<String, String> read(byte[] document, int maxFields) {
		Map<String, String> fields = new LinkedHashMap<>();
		try (JsonParser parser = FACTORY.createParser(document)) {
			JsonToken token = parser.nextToken();
			if (token == null) {
				throw new UnreadableMessageException("The message is empty.");
			}
			int tokens = 0;
			for (; token != null; token = parser.nextToken()) {
				if (token.isScalarValue() && token != JsonToken.VALUE_NULL) {
					fields.put(parser.getParsingContext().pathAsPointer().toString(), parser.getText());
				}
				// Those of the same name, and empty ones, as well: each takes its time.
				if (fields.size() > maxFields || ++tokens > TOKENS * maxFields) {
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
		try (JsonParser parser = FACTORY.createParser(document)) {
			JsonToken token = parser.nextToken();
			if (token == null) {
				throw new UnreadableMessageException("The message is empty.");
			}
			String found = find(parser, token, pointer);
			// To the end: half a document is none.
			JsonToken rest = parser.nextToken();
			while (rest != null) {
				rest = parser.nextToken();
			}
			return found;
		}
		catch (IOException ex) {
			throw new UnreadableMessageException("The message is not well-formed JSON.");
		}
	}

	/**
	 * Put another value in the place of an object at the top of a document.
	 * @param document the document
	 * @param name the name of the object
	 * @param value the value, JSON that is not looked into
	 * @return the document with it, otherwise byte for byte as it was
	 * @throws UnreadableMessageException if it is no document, or has no such object
	 */
	public static byte[] replace(byte[] document, String name, byte[] value) {
		try (JsonParser parser = FACTORY.createParser(document)) {
			parser.nextToken();
			while (parser.nextToken() == JsonToken.FIELD_NAME) {
				boolean match = name.equals(parser.currentName());
				JsonToken token = parser.nextToken();
				int start = (int) parser.currentTokenLocation().getByteOffset();
				parser.skipChildren();
				if (match && token == JsonToken.START_OBJECT && start >= 0) {
					int end = (int) parser.currentLocation().getByteOffset();
					return ByteBuffer.allocate(start + value.length + document.length - end)
						.put(document, 0, start)
						.put(value)
						.put(document, end, document.length - end)
						.array();
				}
			}
		}
		catch (IOException ex) {
			throw new UnreadableMessageException("The message is not well-formed JSON.");
		}
		throw new UnreadableMessageException("The message has no object '" + name + "'.");
	}

	// What is not on the way is skipped, however much there is of it.
	private static @Nullable String find(JsonParser parser, JsonToken token, JsonPointer pointer) throws IOException {
		if (pointer.matches()) {
			return (token.isScalarValue() && token != JsonToken.VALUE_NULL) ? parser.getText() : null;
		}
		if (token == JsonToken.START_OBJECT) {
			while (parser.nextToken() == JsonToken.FIELD_NAME) {
				boolean match = pointer.matchesProperty(parser.currentName());
				JsonToken value = parser.nextToken();
				if (match) {
					return find(parser, value, pointer.tail());
				}
				parser.skipChildren();
			}
		}
		else if (token == JsonToken.START_ARRAY) {
			int index = 0;
			for (JsonToken value = parser.nextToken(); value != JsonToken.END_ARRAY; value = parser.nextToken()) {
				if (pointer.matchesElement(index)) {
					return find(parser, value, pointer.tail());
				}
				parser.skipChildren();
				index++;
			}
		}
		return null;
	}

}
