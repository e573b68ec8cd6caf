package io.serverhardening.autoconfigure.server;

import java.lang.management.ManagementFactory;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;

import com.sun.management.UnixOperatingSystemMXBean;
import io.serverhardening.CountLimit;
import io.serverhardening.Mode;
import io.serverhardening.Timeout;
import io.serverhardening.actuate.EffectiveSettings.Setting;
import io.serverhardening.autoconfigure.diagnostics.InvalidSettingException;
import io.serverhardening.autoconfigure.resolution.Resolution;
import io.serverhardening.autoconfigure.resolution.ResolvedRoute;
import io.serverhardening.autoconfigure.settings.ConnectionProperties;
import io.serverhardening.autoconfigure.settings.HardeningProperties;
import io.serverhardening.connection.timeline.ConnectionPolicy;
import org.jspecify.annotations.Nullable;

import org.springframework.aop.framework.AopInfrastructureBean;
import org.springframework.boot.context.properties.bind.Bindable;
import org.springframework.boot.context.properties.bind.Binder;
import org.springframework.core.env.Environment;

/**
 * The settings of connections whose defaults are found out at start: from the process,
 * and from the settings that Boot has for the same thing.
 */
public final class ConnectionSettings implements AopInfrastructureBean {

	private static final Timeout DEFAULT_IDLE_TIMEOUT = Timeout.of(Duration.ofSeconds(75));

	private static final String PREFIX = HardeningProperties.PREFIX + ".connection.";

	private static final String BOOT_IDLE_TIMEOUT = "server.netty.idle-timeout";

	private static final String BOOT_MAX_REQUESTS = "server.netty.max-keep-alive-requests";

	private final Resolution resolution;

	private final CountLimit maxOpen;

	private final Timeout idleTimeout;

	private final boolean bootHasIdleTimeout;

	private final CountLimit maxRequests;

	private final Map<String, Setting> defaults = new LinkedHashMap<>();

	/**
	 * Read what is written, and what Boot has for the same.
	 * @param resolution the settings
	 * @param environment has what is written for Boot
	 */
	public ConnectionSettings(Resolution resolution, Environment environment) {
		ConnectionProperties connection = resolution.written().connection();
		this.resolution = resolution;
		this.maxOpen = Objects.requireNonNullElseGet(connection.maxOpen(), ConnectionSettings::halfOfFileDescriptors);
		Binder binder = Binder.get(environment);
		Duration idleTimeout = binder.bind(BOOT_IDLE_TIMEOUT, Bindable.of(Duration.class)).orElse(null);
		this.idleTimeout = idleTimeout(connection.idleTimeout(), idleTimeout);
		this.bootHasIdleTimeout = idleTimeout != null;
		Integer maxRequests = binder.bind(BOOT_MAX_REQUESTS, Bindable.of(Integer.class)).orElse(null);
		this.maxRequests = maxRequests(connection.maxRequests(), maxRequests);
		addDefault("max-open", this.maxOpen, "default (half of the file-descriptor limit)");
		addDefault("idle-timeout", this.idleTimeout, (idleTimeout != null) ? BOOT_IDLE_TIMEOUT : "default");
		addDefault("max-requests", this.maxRequests, (maxRequests != null) ? BOOT_MAX_REQUESTS : "default");
	}

	private void addDefault(String name, Object value, String origin) {
		this.defaults.put(PREFIX + name, new Setting(value.toString(), origin));
	}

	static CountLimit halfOfFileDescriptors() {
		return (ManagementFactory.getOperatingSystemMXBean() instanceof UnixOperatingSystemMXBean system)
				? CountLimit.of(Math.max(1, Math.min(Integer.MAX_VALUE - 1, system.getMaxFileDescriptorCount() / 2)))
				: CountLimit.NONE;
	}

	private static Timeout idleTimeout(@Nullable Timeout ours, @Nullable Duration boots) {
		if (boots == null || boots.isZero() || boots.isNegative()) {
			return (ours != null) ? ours : DEFAULT_IDLE_TIMEOUT;
		}
		if (ours != null && !boots.equals(ours.duration())) {
			throw contradiction("idle-timeout", ours, BOOT_IDLE_TIMEOUT, Timeout.of(boots));
		}
		return Timeout.of(boots);
	}

	private static CountLimit maxRequests(@Nullable CountLimit ours, @Nullable Integer boots) {
		if (boots == null || boots <= 0) {
			return (ours != null) ? ours : CountLimit.NONE;
		}
		if (ours != null && boots != ours.count()) {
			throw contradiction("max-requests", ours, BOOT_MAX_REQUESTS, boots);
		}
		return CountLimit.of(boots);
	}

	private static InvalidSettingException contradiction(String name, Object ours, String boot, Object boots) {
		return new InvalidSettingException(PREFIX + name, ours,
				"contradicts " + boot + ", which is " + boots + ": set one of them, or both to the same");
	}

	/**
	 * Return what connections are held to.
	 * @return the limits and clocks
	 */
	public ConnectionPolicy policy() {
		HardeningProperties written = this.resolution.written();
		ConnectionProperties connection = written.connection();
		Mode mode = Objects.requireNonNullElse(connection.mode(), written.mode());
		return new ConnectionPolicy(this.maxOpen, connection.maxOpenPerClient(), connection.handshakeTimeout(),
				written.request().headerTimeout(), this.idleTimeout, writeTimeout(), connection.upgradedIdleTimeout(),
				connection.maxPipelined(), written.request().strict(), mode);
	}

	// What waits on a connection of HTTP/2 may belong to any route: the longest, and none
	// where one has none, or is only observed.
	private Timeout writeTimeout() {
		Timeout longest = writeTimeout(this.resolution.everywhere().response());
		for (ResolvedRoute route : this.resolution.routes().values()) {
			longest = longer(longest, writeTimeout(route.response()));
		}
		return longest;
	}

	private static Timeout writeTimeout(HardeningProperties.Response inForce) {
		return (inForce.mode() == Mode.OBSERVE) ? Timeout.NONE : inForce.writeTimeout();
	}

	private static Timeout longer(Timeout one, Timeout other) {
		Duration first = one.duration();
		Duration second = other.duration();
		return (first == null || (second != null && first.compareTo(second) >= 0)) ? one : other;
	}

	/**
	 * Return what applies where nothing is set.
	 * @return settings by property name
	 */
	public Map<String, Setting> defaults() {
		return this.defaults;
	}

	CountLimit maxRequests() {
		return this.maxRequests;
	}

	Timeout idleTimeout() {
		return this.idleTimeout;
	}

	/**
	 * Whether Boot has set an idle timeout of Reactor Netty's.
	 * @return {@code true} if ours, which is as long, takes its place
	 */
	boolean hasBootIdleTimeout() {
		return this.bootHasIdleTimeout;
	}

}
