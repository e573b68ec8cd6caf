package io.serverhardening.connection;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.zip.GZIPInputStream;

import javax.xml.parsers.DocumentBuilderFactory;

import io.serverhardening.testing.TestServer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.w3c.dom.Element;
import org.w3c.dom.NodeList;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * The conformance suite of HTTP/2, by the binary that its Maven plugin carries, which
 * Netty's build uses too: against a hardened server and, beside it, a plain one.
 */
@EnabledOnOs(value = OS.LINUX, architectures = "amd64",
		disabledReason = "h2spec comes as a binary: this one is for Linux on x86-64")
class H2specIT {

	/** In the resources of the plugin. */
	private static final String BINARY = "/h2spec/2.2.0/h2spec_linux_amd64.tar.gz";

	private static final int BLOCK = 512;

	/** What passes because heads, trailers and errors of streams are looked at. */
	private static final Set<String> MENDED = Set.of(
			"6.9: Sends a WINDOW_UPDATE frame with a flow control window increment of 0 on a stream",
			"6.9.1: Sends multiple WINDOW_UPDATE frames increasing the flow control window to above 2^31-1 on a stream",
			"8.1: Sends a second HEADERS frame without the END_STREAM flag",
			"8.1.2.1: Sends a HEADERS frame that contains a pseudo-header field as trailers",
			"8.1.2.3: Sends a HEADERS frame that omits \":method\" pseudo-header field",
			"8.1.2.3: Sends a HEADERS frame that omits \":scheme\" pseudo-header field",
			"8.1.2.3: Sends a HEADERS frame that omits \":path\" pseudo-header field",
			"8.1.2.6: Sends a HEADERS frame with the \"content-length\" header field which does not equal the DATA"
					+ " frame payload length",
			"8.1.2.6: Sends a HEADERS frame with the \"content-length\" header field which does not equal the sum of"
					+ " the multiple DATA frames payload length");

	/**
	 * What the codec answers by resetting the stream, where the suite wants the
	 * connection to end. Some of it passes at times, when the answer is late.
	 */
	private static final Set<String> LEFT = Set.of("5.1: half closed (remote): Sends a HEADERS frame",
			"5.1: closed: Sends a HEADERS frame",
			"5.1.1: Sends stream identifier that is numerically smaller than previous");

	@TempDir
	private Path folder;

	@Test
	void nothingFailsThatPassesWithoutTheStarterAndWhatIsNoRequestIsRefused() throws Exception {
		// A hardened server answers, a plain one often does not: to wait for it is to
		// wait for nothing.
		Path binary = extract();
		Set<String> plain = failures(binary, "1", "server.hardening.enabled=false");
		Set<String> hardened = failures(binary, "3", "server.hardening.enabled=true");
		assertThat(plain).as("failed without the starter").containsAll(MENDED);
		plain.removeAll(MENDED);
		plain.addAll(LEFT);
		assertThat(plain).as("failed by both, besides what is hardened").containsAll(hardened);
	}

	private Set<String> failures(Path binary, String seconds, String setting) throws Exception {
		Path report = this.folder.resolve(seconds + ".xml");
		try (TestServer server = TestServer.start("server.http2.enabled=true", setting)) {
			server.warmUp();
			Process process = new ProcessBuilder(binary.toString(), "-p", Integer.toString(server.port()), "-P",
					"/fast", "-o", seconds, "-j", report.toString())
				.redirectErrorStream(true)
				.redirectOutput(this.folder.resolve(seconds + ".txt").toFile())
				.start();
			assertThat(process.waitFor(3, TimeUnit.MINUTES)).as("h2spec comes to its end").isTrue();
		}
		return parse(report);
	}

	private static Set<String> parse(Path report) throws Exception {
		NodeList cases = DocumentBuilderFactory.newInstance()
			.newDocumentBuilder()
			.parse(report.toFile())
			.getElementsByTagName("testcase");
		assertThat(cases.getLength()).as("test cases").isGreaterThan(100);
		Set<String> failures = new TreeSet<>();
		for (int i = 0; i < cases.getLength(); i++) {
			Element test = (Element) cases.item(i);
			if (test.getElementsByTagName("failure").getLength() + test.getElementsByTagName("error").getLength() > 0) {
				String section = test.getAttribute("package");
				failures.add(section.substring(section.indexOf('/') + 1) + ": " + test.getAttribute("classname"));
			}
		}
		return failures;
	}

	// One file in a tar: a block that says its size, and then the file.
	private Path extract() throws IOException {
		Path binary = this.folder.resolve("h2spec");
		try (InputStream resource = H2specIT.class.getResourceAsStream(BINARY)) {
			assertThat(resource).as(BINARY).isNotNull();
			try (InputStream tar = new GZIPInputStream(resource); OutputStream file = Files.newOutputStream(binary)) {
				String head = new String(tar.readNBytes(BLOCK), StandardCharsets.ISO_8859_1);
				assertThat(head).startsWith("h2spec");
				file.write(tar.readNBytes(Integer.parseInt(head.substring(124, 135).strip(), 8)));
			}
		}
		assertThat(binary.toFile().setExecutable(true)).isTrue();
		return binary;
	}

}
