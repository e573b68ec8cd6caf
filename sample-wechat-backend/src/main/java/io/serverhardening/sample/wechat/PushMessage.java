package io.serverhardening.sample.wechat;

import java.io.ByteArrayInputStream;
import java.util.LinkedHashMap;
import java.util.Map;

import javax.xml.stream.XMLInputFactory;
import javax.xml.stream.XMLStreamConstants;
import javax.xml.stream.XMLStreamException;
import javax.xml.stream.XMLStreamReader;

import org.jspecify.annotations.Nullable;

/**
 * A pushed message: the flat fields of its XML.
 *
 * @param fields the fields by name, such as {@code MsgType}
 */
record PushMessage(Map<String, String> fields) {

	/** Far more than any message of the protocol has. */
	private static final int MAX_FIELDS = 64;

	private static final XMLInputFactory FACTORY = factory();

	private static XMLInputFactory factory() {
		XMLInputFactory factory = XMLInputFactory.newDefaultFactory();
		factory.setProperty(XMLInputFactory.SUPPORT_DTD, false);
		factory.setProperty(XMLInputFactory.IS_SUPPORTING_EXTERNAL_ENTITIES, false);
		factory.setProperty(XMLInputFactory.IS_REPLACING_ENTITY_REFERENCES, false);
		factory.setProperty(XMLInputFactory.IS_COALESCING, true);
		return factory;
	}

	/**
	 * Read a message that anyone may have sent.
	 * @param xml the body, already capped
	 * @return the message
	 * @throws MalformedMessageException if it is not a flat XML document, or brings a DTD
	 * or entities along
	 */
	static PushMessage parse(byte[] xml) {
		Map<String, String> fields = new LinkedHashMap<>();
		try {
			XMLStreamReader reader = FACTORY.createXMLStreamReader(new ByteArrayInputStream(xml));
			int depth = 0;
			String name = "";
			StringBuilder text = new StringBuilder();
			while (reader.hasNext()) {
				switch (reader.next()) {
					case XMLStreamConstants.DTD -> throw new MalformedMessageException("A DTD is not allowed");
					case XMLStreamConstants.ENTITY_REFERENCE ->
						throw new MalformedMessageException("Entities are not allowed");
					case XMLStreamConstants.START_ELEMENT -> {
						depth++;
						if (depth == 2) {
							name = reader.getLocalName();
							text.setLength(0);
						}
					}
					case XMLStreamConstants.CHARACTERS, XMLStreamConstants.CDATA -> {
						if (depth == 2) {
							text.append(reader.getText());
						}
					}
					case XMLStreamConstants.END_ELEMENT -> {
						if (depth == 2) {
							put(fields, name, text.toString());
						}
						depth--;
					}
					default -> {
						// Comments and processing instructions say nothing.
					}
				}
			}
		}
		catch (XMLStreamException ex) {
			throw new MalformedMessageException("The message is not well-formed XML");
		}
		return new PushMessage(fields);
	}

	private static void put(Map<String, String> fields, String name, String text) {
		if (fields.size() >= MAX_FIELDS) {
			throw new MalformedMessageException("The message has more than " + MAX_FIELDS + " fields");
		}
		fields.put(name, text);
	}

	@Nullable String field(String name) {
		return this.fields.get(name);
	}

}
