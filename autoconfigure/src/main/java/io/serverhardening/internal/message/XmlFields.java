package io.serverhardening.internal.message;

import java.io.ByteArrayInputStream;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.Map;

import javax.xml.stream.XMLInputFactory;
import javax.xml.stream.XMLStreamConstants;
import javax.xml.stream.XMLStreamException;
import javax.xml.stream.XMLStreamReader;

/**
 * Reads the texts of a small XML document by their paths. Without DTD and entities, and
 * with a limit on depth and number: what is larger is no message.
 */
public final class XmlFields {

	private static final int MAX_DEPTH = 32;

	private static final int MAX_FIELDS = 512;

	private static final int MAX_NAME = 256;

	private static final XMLInputFactory FACTORY = factory();

	private XmlFields() {
	}

	private static XMLInputFactory factory() {
		// The JDK's own: what else is on the classpath may not know these properties.
		XMLInputFactory factory = XMLInputFactory.newDefaultFactory();
		factory.setProperty(XMLInputFactory.SUPPORT_DTD, false);
		factory.setProperty(XMLInputFactory.IS_SUPPORTING_EXTERNAL_ENTITIES, false);
		factory.setProperty(XMLInputFactory.IS_REPLACING_ENTITY_REFERENCES, false);
		factory.setProperty(XMLInputFactory.IS_COALESCING, true);
		factory.setXMLResolver((publicId, systemId, base, namespace) -> {
			throw new XMLStreamException("Nothing is loaded");
		});
		return factory;
	}

	/**
	 * Read a document.
	 * @param document the document
	 * @return the texts by the path of their elements, such as {@code /xml/MsgId}; of
	 * elements of the same path the first
	 * @throws UnreadableMessageException if it is none, or has a DTD
	 */
	public static Map<String, String> read(byte[] document) {
		try {
			XMLStreamReader reader = FACTORY.createXMLStreamReader(new ByteArrayInputStream(document));
			try {
				return read(reader);
			}
			finally {
				reader.close();
			}
		}
		catch (XMLStreamException ex) {
			throw new UnreadableMessageException("The message is not well-formed XML.");
		}
	}

	private static Map<String, String> read(XMLStreamReader reader) throws XMLStreamException {
		Map<String, String> fields = new LinkedHashMap<>();
		Deque<String> paths = new ArrayDeque<>();
		StringBuilder text = new StringBuilder();
		boolean leaf = false;
		int elements = 0;
		while (reader.hasNext()) {
			switch (reader.next()) {
				case XMLStreamConstants.DTD, XMLStreamConstants.ENTITY_REFERENCE ->
					throw new UnreadableMessageException("The message has a DTD or entities of its own.");
				case XMLStreamConstants.START_ELEMENT -> {
					String parent = paths.isEmpty() ? "" : paths.peek();
					if (reader.getLocalName().length() > MAX_NAME) {
						throw new UnreadableMessageException("The message has a name that is too long.");
					}
					paths.push(parent + '/' + reader.getLocalName());
					elements++;
					text.setLength(0);
					leaf = true;
				}
				case XMLStreamConstants.CHARACTERS, XMLStreamConstants.CDATA ->
					text.append(reader.getTextCharacters(), reader.getTextStart(), reader.getTextLength());
				case XMLStreamConstants.END_ELEMENT -> {
					String path = paths.pop();
					if (leaf) {
						fields.putIfAbsent(path, text.toString());
						leaf = false;
					}
				}
				default -> {
					// Comments and instructions say nothing.
				}
			}
			// Those of the same name as well: each takes its time.
			if (paths.size() > MAX_DEPTH || elements > MAX_FIELDS) {
				throw new UnreadableMessageException("The message has too many elements.");
			}
		}
		return fields;
	}

}
