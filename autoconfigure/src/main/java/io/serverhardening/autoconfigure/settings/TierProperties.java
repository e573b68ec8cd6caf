package io.serverhardening.autoconfigure.settings;

import io.serverhardening.CountLimit;
import io.serverhardening.Timeout;
import org.jspecify.annotations.Nullable;

import org.springframework.boot.context.properties.ConfigurationProperties;

/**
 * One tier of a rate limit. Never bound by itself: the annotation is for the metadata,
 * which knows no properties below a map.
 *
 * @param permits How many requests a client of the tier may send in each period. As
 * outside the tiers when left out.
 * @param period How long a period is. As outside the tiers when left out.
 */
@ConfigurationProperties(prefix = HardeningProperties.PREFIX + ".rate-limit.tiers.name")
public record TierProperties(@Nullable CountLimit permits, @Nullable Timeout period) {

	/** A tier that says nothing: all is as outside the tiers. */
	public static final TierProperties NOTHING = new TierProperties(null, null);

}
