package io.serverhardening.webhook;

import java.time.Duration;

import io.serverhardening.WebhookSender;
import io.serverhardening.internal.message.SenderProfile;
import org.jspecify.annotations.Nullable;

/**
 * Who may push, and how it is proved.
 *
 * @param id the id, as in {@code server.hardening.webhook.<id>}
 * @param kind who it is, as the settings name it
 * @param sender knows how it proves that a push is its own
 * @param profile how it behaves
 * @param tolerance how old or new a push may be, {@code null} for any age
 * @param property where it is configured
 */
public record WebhookSource(String id, String kind, WebhookSender sender, SenderProfile profile,
		@Nullable Duration tolerance, String property) {

}
