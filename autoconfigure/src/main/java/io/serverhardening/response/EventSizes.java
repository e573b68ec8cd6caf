package io.serverhardening.response;

import java.util.function.IntConsumer;

import org.reactivestreams.Publisher;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

import org.springframework.core.io.buffer.DataBuffer;

/**
 * How large the events of a stream are. Each is encoded when its turn comes, which is
 * nearly always at once: until then it is taken to be as large as the one before it.
 */
final class EventSizes {

	private final IntConsumer listener;

	private volatile int last;

	/**
	 * Create it.
	 * @param listener told the size of each event, in bytes
	 */
	EventSizes(IntConsumer listener) {
		this.listener = listener;
	}

	/**
	 * Return the size of the last event.
	 * @return bytes, 0 if there was none
	 */
	int last() {
		return this.last;
	}

	/**
	 * Measure an event.
	 * @param event the event
	 * @return the event
	 */
	Publisher<DataBuffer> measure(Publisher<? extends DataBuffer> event) {
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
		this.listener.accept(bytes);
	}

}
