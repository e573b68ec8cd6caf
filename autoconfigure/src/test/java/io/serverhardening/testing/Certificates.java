package io.serverhardening.testing;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * A certificate that nobody should trust, made by the JDK's own tool.
 */
final class Certificates {

	private static final String PASSWORD = "changeit";

	private Certificates() {
	}

	static String[] properties() {
		try {
			Path directory = Files.createTempDirectory("server-hardening");
			Path store = directory.resolve("test.p12");
			Process keytool = new ProcessBuilder(Path.of(System.getProperty("java.home"), "bin", "keytool").toString(),
					"-genkeypair", "-alias", "test", "-keyalg", "EC", "-dname", "CN=localhost", "-storetype", "PKCS12",
					"-keystore", store.toString(), "-storepass", PASSWORD)
				.redirectErrorStream(true)
				.start();
			assertThat(keytool.waitFor()).isZero();
			store.toFile().deleteOnExit();
			directory.toFile().deleteOnExit();
			return new String[] { "server.ssl.key-store=" + store, "server.ssl.key-store-password=" + PASSWORD };
		}
		catch (IOException ex) {
			throw new UncheckedIOException(ex);
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt();
			throw new IllegalStateException(ex);
		}
	}

}
