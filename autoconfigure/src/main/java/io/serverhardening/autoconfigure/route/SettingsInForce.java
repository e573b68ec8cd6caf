package io.serverhardening.autoconfigure.route;

import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;
import java.util.stream.Stream;

import io.serverhardening.autoconfigure.diagnostics.InvalidSettingException;
import io.serverhardening.autoconfigure.resolution.Resolution;
import io.serverhardening.autoconfigure.settings.HardeningProperties;
import io.serverhardening.internal.call.Contained;
import io.serverhardening.route.Routes;
import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;
import org.jspecify.annotations.Nullable;

import org.springframework.aop.framework.AopInfrastructureBean;

/**
 * The settings in force, and the one way to put others in their place: all of them or
 * none. A request keeps the settings that it began with, and a connection those that it
 * was accepted with. What was counted stays.
 */
public final class SettingsInForce implements AutoCloseable, AopInfrastructureBean {

	private static final Log logger = LogFactory.getLog(SettingsInForce.class);

	/** Far longer than settings take, and bearable for whoever waits in vain. */
	private static final Duration PATIENCE = Duration.ofSeconds(5);

	private final RouteAssembler assembler;

	private final Supplier<Stream<SettingsPart>> parts;

	private final Routes routes = new Routes();

	/**
	 * No monitor: making a bean takes a lock of Spring's, which others hold who apply.
	 */
	private final ReentrantLock lock = new ReentrantLock();

	private final List<Runnable> listeners = new CopyOnWriteArrayList<>();

	private ActuatorPaths exempt = ActuatorPaths.NONE;

	private volatile Version version;

	private volatile boolean closed;

	/**
	 * Put the first settings in force.
	 * @param resolution the settings
	 * @param assembler makes the routes
	 * @param parts what else is told of other settings
	 * @throws InvalidSettingException if a setting is wrong
	 */
	public SettingsInForce(Resolution resolution, RouteAssembler assembler, Supplier<Stream<SettingsPart>> parts) {
		this.assembler = assembler;
		this.parts = parts;
		this.version = new Version(1, resolution);
		commit(this.assembler.draft(this.version, this.routes, this.exempt), this.version);
	}

	/**
	 * Put other settings in force, while requests run.
	 * @param resolution the settings
	 * @throws InvalidSettingException if a setting is wrong, or needs a restart; nothing
	 * has changed then
	 * @throws IllegalStateException if the caller is called by this, such as a bean that
	 * is made for other settings or hears of them; if somebody else has been at it for
	 * five seconds; or if the application is closed
	 */
	public void apply(Resolution resolution) {
		if (this.lock.isHeldByCurrentThread()) {
			throw new IllegalStateException(
					"Other settings are being applied, and the caller is part of that: apply these afterwards");
		}
		alone(() -> replace(resolution));
	}

	private void alone(Runnable change) {
		if (!isMyTurn()) {
			throw new IllegalStateException(
					"Other settings are on their way, and the caller was interrupted or has waited "
							+ PATIENCE.toSeconds() + " seconds: they may wait for a bean that the caller is making");
		}
		try {
			if (this.closed) {
				throw new IllegalStateException("The application is closed, and takes no other settings");
			}
			change.run();
		}
		finally {
			this.lock.unlock();
		}
	}

	private boolean isMyTurn() {
		try {
			return this.lock.tryLock() || this.lock.tryLock(PATIENCE.toMillis(), TimeUnit.MILLISECONDS);
		}
		catch (InterruptedException ex) {
			Thread.currentThread().interrupt();
			return false;
		}
	}

	private void replace(Resolution resolution) {
		refuseWhatNeedsARestart(this.version.resolution().written(), resolution.written());
		Version next = new Version(this.version.number() + 1, resolution);
		RouteDraft routes = this.assembler.draft(next, this.routes, this.exempt);
		List<Runnable> parts = this.parts.get().map((part) -> part.draft(resolution)).toList();
		// Routes first: a request of the old ones must not be held to what is new of its
		// connection, while the new ones have guards for everything.
		commit(routes, next);
		parts.forEach(Runnable::run);
		tell();
	}

	/**
	 * Let requests pass without any guard.
	 * @param paths their paths
	 */
	public void exempt(ActuatorPaths paths) {
		// However long it takes: the application does not start without.
		if (!isMyTurn()) {
			logger.warn("The start waits for other settings that are being applied: they may wait for a bean that is "
					+ "not there before the application has started");
			this.lock.lock();
		}
		try {
			RouteDraft routes = this.assembler.draft(this.version, this.routes, paths);
			this.exempt = paths;
			commit(routes, this.version);
			tell();
		}
		finally {
			this.lock.unlock();
		}
	}

	private void commit(RouteDraft routes, Version version) {
		routes.commit();
		this.routes.swap(routes.table());
		this.version = version;
	}

	// Who hears of other settings may ask which they are.
	private void tell() {
		this.listeners.forEach((listener) -> Contained.run("Making meters for the settings in force", listener));
	}

	private static void refuseWhatNeedsARestart(HardeningProperties before, HardeningProperties after) {
		refuse("enabled", before.enabled(), after.enabled());
		refuse("client.trusted-proxies", before.client().trustedProxies(), after.client().trustedProxies());
		refuse("client.ipv6-prefix", before.client().ipv6Prefix(), after.client().ipv6Prefix());
		refuse("connection.max-requests", before.connection().maxRequests(), after.connection().maxRequests());
		refuse("errors.format", before.errors().format(), after.errors().format());
		refuse("errors.scope", before.errors().scope(), after.errors().scope());
	}

	private static void refuse(String name, @Nullable Object before, @Nullable Object after) {
		if (!Objects.equals(before, after)) {
			throw new InvalidSettingException(HardeningProperties.PREFIX + "." + name, after,
					"needs a restart: it is read when the application starts");
		}
	}

	/**
	 * Have somebody hear of it when other routes are in force.
	 * @param <T> who it is
	 * @param listener hears of it
	 * @return the listener
	 */
	public <T extends Runnable> T listening(T listener) {
		this.listeners.add(listener);
		return listener;
	}

	/**
	 * Return the version in force.
	 * @return the version
	 */
	public Version version() {
		return this.version;
	}

	/**
	 * Return the routes in force.
	 * @return the routes, always the same object
	 */
	public Routes routes() {
		return this.routes;
	}

	/**
	 * Take no other settings, once those on their way are in force: beans that they ask
	 * for would be made, and never be closed.
	 */
	@Override
	public void close() {
		this.closed = true;
		if (isMyTurn()) {
			this.lock.unlock();
		}
	}

	/**
	 * Settings, and how often there have been others.
	 *
	 * @param number 1 for those of the start
	 * @param resolution the settings
	 */
	public record Version(long number, Resolution resolution) {

		/**
		 * Whether there have been others, by which there may be connections.
		 * @return {@code false} for those of the start
		 */
		boolean isLater() {
			return this.number > 1;
		}

	}

}
