package io.serverhardening.autoconfigure.route;

import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.function.Supplier;

import io.serverhardening.actuate.EffectiveSettings;
import io.serverhardening.actuate.EffectiveSettings.Setting;
import io.serverhardening.autoconfigure.diagnostics.SettingOrigins;
import io.serverhardening.autoconfigure.resolution.EffectiveSettingsReader;
import io.serverhardening.autoconfigure.resolution.Resolution;
import io.serverhardening.autoconfigure.route.SettingsInForce.Version;
import org.jspecify.annotations.Nullable;

import org.springframework.aop.framework.AopInfrastructureBean;

/**
 * The settings in force as Actuator shows them. They are read when somebody asks for them
 * first, and once for each version.
 */
public final class ShownSettings implements AopInfrastructureBean {

	private final Supplier<Version> inForce;

	private final SettingOrigins origins;

	private final Function<Resolution, List<Map<String, Setting>>> found;

	private volatile @Nullable EffectiveSettings settings;

	/**
	 * Create the settings.
	 * @param inForce those in force
	 * @param origins finds where they were written
	 * @param found finds those that nobody wrote, by the names of their properties
	 */
	public ShownSettings(Supplier<Version> inForce, SettingOrigins origins,
			Function<Resolution, List<Map<String, Setting>>> found) {
		this.inForce = inForce;
		this.origins = origins;
		this.found = found;
	}

	/**
	 * Return the settings.
	 * @return the settings in force
	 */
	public EffectiveSettings settings() {
		Version version = this.inForce.get();
		EffectiveSettings settings = this.settings;
		if (settings == null || settings.version() != version.number()) {
			settings = new EffectiveSettingsReader(version.resolution(), this.origins,
					this.found.apply(version.resolution()))
				.read(version.number());
			this.settings = settings;
		}
		return settings;
	}

}
