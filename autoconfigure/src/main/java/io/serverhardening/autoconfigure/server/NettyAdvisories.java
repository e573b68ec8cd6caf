package io.serverhardening.autoconfigure.server;

import java.util.ArrayList;
import java.util.List;

import io.netty.util.Version;
import io.serverhardening.CountLimit;
import io.serverhardening.internal.LibraryVersion;
import org.jspecify.annotations.Nullable;

import org.springframework.aop.framework.AopInfrastructureBean;

/**
 * The faults of the Netty that is there which a client can use against its queue of
 * pipelined requests. No aspect is put around it.
 */
public final class NettyAdvisories implements AopInfrastructureBean {

	/** Where there is no Netty. */
	public static final NettyAdvisories NONE = new NettyAdvisories(null);

	private static final String ARTIFACT = "netty-codec-http";

	/** Its name is that of both lines that are patched. */
	private static final String FIXED = "4.1.138.Final or 4.2.18.Final";

	private final @Nullable String version;

	private final List<String> names;

	/**
	 * Create them.
	 * @param version the version of Netty's HTTP codec, {@code null} where it does not
	 * say
	 */
	public NettyAdvisories(@Nullable String version) {
		this.version = version;
		LibraryVersion parsed = LibraryVersion.parse(version);
		this.names = (parsed != null) ? names(parsed) : List.of();
	}

	/**
	 * Ask the Netty that is there.
	 * @return its faults
	 */
	public static NettyAdvisories present() {
		Version found = Version.identify(NettyAdvisories.class.getClassLoader()).get(ARTIFACT);
		return new NettyAdvisories((found != null) ? found.artifactVersion() : null);
	}

	private static List<String> names(LibraryVersion version) {
		List<String> names = new ArrayList<>();
		boolean old = version.isBefore(4, 2, 0);
		if (old ? version.isBefore(4, 1, 138) : version.isBefore(4, 2, 18)) {
			names.add("CVE-2026-100656");
		}
		if (old ? version.isBefore(4, 1, 136) : version.isBefore(4, 2, 16)) {
			names.add("CVE-2026-59899");
		}
		return List.copyOf(names);
	}

	/**
	 * Return their names.
	 * @return the names, such as {@code CVE-2026-100656}; none where Netty has none or
	 * does not say which it is
	 */
	public List<String> names() {
		return this.names;
	}

	/**
	 * Say what an operator is to know.
	 * @param maxPipelined how many requests may wait on a connection
	 * @return a line for the log
	 */
	String warning(CountLimit maxPipelined) {
		String property = "server.hardening.connection.max-pipelined";
		String line = "Netty " + this.version + " keeps the requests that a client pipelines without a limit ("
				+ String.join(", ", this.names) + "). ";
		String consequence = !maxPipelined.isNone()
				? property + " (" + maxPipelined + ") stops reading from the client long before that takes memory. "
				: property + " is none, so that one client can fill the memory. Set " + property + ". ";
		return line + consequence + "Set netty.version to " + FIXED;
	}

}
