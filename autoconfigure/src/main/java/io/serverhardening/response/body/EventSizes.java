package io.serverhardening.response.body;

import org.jspecify.annotations.Nullable;
import org.reactivestreams.Publisher;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

import org.springframework.core.io.buffer.DataBuffer;

/**
 * How large the events of a stream are. Each is encoded when its turn comes, which is
 * nearly always at once: until then it is taken to be as large as the one before it.
 */
final class EventSizes {

	private volatile int last;

	private @Nullable PacedBody<?> body;

	private EventSizes() {
	}

	/**
	 * Pace the events of a stream.
	 * @param events the events
	 * @param channel the channel
	 * @return the same, as fast as they are taken
	 */
	static Flux<Publisher<DataBuffer>> pace(Flux<? extends Publisher<? extends DataBuffer>> events,
			PacedChannel channel) {
		return Flux.defer(() -> measured(events, channel));
	}

	private static PacedBody<Publisher<DataBuffer>> measured(Flux<? extends Publisher<? extends DataBuffer>> events,
			PacedChannel channel) {
		EventSizes sizes = new EventSizes();
		PacedBody<Publisher<DataBuffer>> body = new PacedBody<>(events.map(sizes::measure), channel,
				(event) -> sizes.last);
		sizes.body = body;
		return body;
	}

	private Publisher<DataBuffer> measure(Publisher<? extends DataBuffer> event) {
		int[] bytes = new int[1];
		// A single buffer is told apart and sent in another way.
		if (event instanceof Mono<? extends DataBuffer> mono) {
			return Mono.<DataBuffer>from(mono)
				.doOnNext((buffer) -> bytes[0] += buffer.readableByteCount())
				.doOnTerminate(() -> measured(bytes[0]));
		}
		return Flux.<DataBuffer>from(event)
			.doOnNext((buffer) -> bytes[0] += buffer.readableByteCount())
			.doOnTerminate(() -> measured(bytes[0]));
	}

	private void measured(int bytes) {
		this.last = bytes;
		PacedBody<?> body = this.body;
		if (body != null) {
			body.sized(bytes);
		}
	}

}
