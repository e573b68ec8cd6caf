package io.serverhardening.webhook.wechat;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Map;

import io.serverhardening.internal.message.UnreadableMessageException;
import io.serverhardening.internal.message.XmlFields;

/**
 * Reads XML as WeChat writes it: around what people write, which it does not escape.
 */
final class WechatXml {

	private static final String BEGIN = "<![CDATA[";

	private static final String END = "]]>";

	private WechatXml() {
	}

	/**
	 * Read a message whose signature has been proved.
	 * @param body the message
	 * @return the texts by the path of their elements
	 * @throws UnreadableMessageException if it is none
	 */
	static Map<String, String> read(byte[] body) {
		byte[] clean = withoutControls(body);
		try {
			return XmlFields.read(clean);
		}
		catch (UnreadableMessageException ex) {
			String text = new String(clean, StandardCharsets.UTF_8);
			String escaped = escaped(text);
			if (escaped.equals(text)) {
				throw ex;
			}
			return XmlFields.read(escaped.getBytes(StandardCharsets.UTF_8));
		}
	}

	// People write what XML forbids, and WeChat passes it on.
	static byte[] withoutControls(byte[] body) {
		int kept = 0;
		while (kept < body.length && !isControl(body[kept])) {
			kept++;
		}
		if (kept == body.length) {
			return body;
		}
		byte[] clean = body.clone();
		for (int i = kept; i < body.length; i++) {
			if (!isControl(body[i])) {
				clean[kept++] = body[i];
			}
		}
		return Arrays.copyOf(clean, kept);
	}

	// In UTF-8 a byte below 32 is that character and no part of another.
	private static boolean isControl(byte each) {
		return each >= 0 && each < ' ' && each != '\t' && each != '\n' && each != '\r';
	}

	/**
	 * Escape the end of a section within one. WeChat's own end is the one before the tag
	 * that closes the element; where people have sent such elements themselves, the one
	 * that closes as many as were opened. Reads the text once.
	 * @param xml a message
	 * @return the message as it should have been written
	 */
	static String escaped(String xml) {
		StringBuilder result = new StringBuilder(xml.length() + 64);
		int done = 0;
		for (int begin = xml.indexOf(BEGIN); begin >= 0; begin = xml.indexOf(BEGIN, done)) {
			int text = begin + BEGIN.length();
			int end = end(xml, text, openTag(xml, begin));
			if (end < 0) {
				break;
			}
			result.append(xml, done, text).append(xml.substring(text, end).replace(END, "]]]]><![CDATA[>")).append(END);
			done = end + END.length();
		}
		return result.append(xml, done, xml.length()).toString();
	}

	// The tag before a section, empty where something else is.
	private static String openTag(String xml, int begin) {
		int open = xml.lastIndexOf('<', begin - 1);
		return (open >= 0 && xml.charAt(begin - 1) == '>' && Character.isLetter(xml.charAt(open + 1)))
				? xml.substring(open, begin) : "";
	}

	private static int end(String xml, int from, String openTag) {
		if (openTag.isEmpty()) {
			return xml.indexOf(END, from);
		}
		String opening = openTag + BEGIN;
		String closing = END + "</" + openTag.substring(1);
		int open = 1;
		int start = from;
		while (true) {
			int end = xml.indexOf(closing, start);
			if (end < 0) {
				return -1;
			}
			open += occurrences(opening, xml.substring(start, end)) - 1;
			if (open == 0) {
				return end;
			}
			start = end + closing.length();
		}
	}

	private static int occurrences(String part, String text) {
		int count = 0;
		for (int at = text.indexOf(part); at >= 0; at = text.indexOf(part, at + part.length())) {
			count++;
		}
		return count;
	}

}
