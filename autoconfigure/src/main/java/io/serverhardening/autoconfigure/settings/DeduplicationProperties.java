package io.serverhardening.autoconfigure.settings;

import java.util.List;

import io.serverhardening.CountLimit;
import io.serverhardening.DataLimit;
import io.serverhardening.Timeout;
import io.serverhardening.deduplication.OnBusy;
import io.serverhardening.deduplication.record.OnStoreFailure;
import org.jspecify.annotations.Nullable;

import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * How the messages of a route are answered once: those of POST, PUT, PATCH and DELETE.
 * Other methods pass.
 *
 * @param key What makes two requests copies of one message: wechat (what WeChat knows it
 * by), header:NAME, json:/pointer, xml:/path, body or bean:NAME. Method, route and the
 * webhook's source or the principal are always part of it. Required.
 * @param ttl For how long a message is remembered once it has been answered; a copy that
 * comes later is handled again. Has to be twice as long as its sender tries, and twice as
 * long as a webhook's timestamp is believed, at least. That long when left out, and 10
 * minutes at least: forty times as long as WeChat tries.
 * @param lease For how long a claim holds when the instance that has it dies; renewed at
 * a third of it while the handler runs. The route's response.timeout and 2 s when left
 * out.
 * @param runTimeout Begin of a handler → its end, whoever has left; on expiry the handler
 * is cancelled, and its message may be handled again when the lease is over. Three times
 * the route's response.timeout when left out.
 * @param maxRuns How many handlers may run at once, those included that nobody waits for
 * any more; the next message is refused with 503.
 * @param maxAttempts After how many failed runs a message is not handled any more. None
 * by default: most senders give up by themselves.
 * @param store Where messages are remembered: auto, redis or memory. auto is redis where
 * there is a reactive connection factory, else memory.
 * @param storeTimeout One step of the store → its answer; on expiry on-store-failure
 * decides. The default is what a push of WeChat's can spare twice.
 * @param maxRecords How many messages are remembered in memory; at the cap the one that
 * was answered longest ago is forgotten first, and where all are being handled
 * on-store-failure decides.
 * @param onBusy What becomes of a copy that comes while the first is being handled: wait
 * for its answer until just before the deadline, or reject at once.
 * @param onStoreFailure What becomes of a message when the store does not answer: local
 * (remembered in this instance until the store is back), allow (handled) or reject (503).
 * local when left out, and reject for a webhook whose sender tries for an hour or longer.
 * @param maxBodySize How large a message may be; a longer one is refused with 413. Its
 * body is read as a whole, for its key and its fingerprint, and kept while it is handled.
 * The webhook's max-body-size, or 256KB (what Spring's codecs hold in memory) where there
 * is none, and never more than request.max-body-size, when left out.
 * @param principal Who calls, where neither a webhook nor Spring Security says:
 * header:NAME or bean:NAME (a ClientKeyResolver). Callers with different names never get
 * each other's answers; those without one share a name.
 * @param order Where messages are looked up: identity, after Spring Security, or last,
 * after the application's own filters, so that whom they refuse gets no replay.
 * @param replayHeaders Headers of the first answer that its copies get besides
 * Content-Type, -Language, -Encoding, -Disposition and -Location, Location, ETag,
 * Last-Modified, Cache-Control, Vary and Link. None by default: what else a handler sets
 * may be for whoever came first.
 */
public record DeduplicationProperties(@Nullable String key, @Nullable Timeout ttl, @Nullable Timeout lease,
		@Nullable Timeout runTimeout, @DefaultValue("1000") CountLimit maxRuns,
		@DefaultValue("none") CountLimit maxAttempts, @DefaultValue("250ms") Timeout storeTimeout,
		@DefaultValue("100000") int maxRecords, @DefaultValue("auto") RecordStoreChoice store,
		@DefaultValue("wait") OnBusy onBusy, @Nullable OnStoreFailure onStoreFailure, @Nullable DataLimit maxBodySize,
		@Nullable String principal, @DefaultValue("identity") DeduplicationOrder order,
		@DefaultValue List<String> replayHeaders) {

}
