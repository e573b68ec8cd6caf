package io.serverhardening.response;

import java.time.Duration;
import java.util.concurrent.TimeUnit;

import io.netty.channel.Channel;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.util.concurrent.ScheduledFuture;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;
import reactor.core.publisher.Mono;

/**
 * What it costs to arm and disarm a deadline: ours, which leaves its timer armed from one
 * request of a connection to the next, a timer scheduled and cancelled for each request,
 * and {@code Mono.timeout}.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 5, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(2)
public class DeadlineTimerBenchmark {

	private static final long TIMEOUT = Duration.ofSeconds(30).toNanos();

	private final Channel channel = new EmbeddedChannel();

	private final ResponseTimer timer = new ResponseTimer(this.channel, System::nanoTime);

	private final Watched watched = new Watched() {

		@Override
		public long check(long now) {
			return TIMEOUT;
		}

		@Override
		public void begun(long now) {
			// Nothing to tell.
		}

		@Override
		public void outlive(long answered) {
			// It never does.
		}

		@Override
		public boolean readsBody() {
			return false;
		}

	};

	/**
	 * Arm and disarm as a request does.
	 * @return something
	 */
	@Benchmark
	public Object connectionTimer() {
		this.timer.arm(this.watched, System.nanoTime(), TIMEOUT);
		this.timer.forget(this.watched);
		return this.timer;
	}

	/**
	 * Schedule and cancel for each request.
	 * @return whether it was cancelled
	 */
	@Benchmark
	public boolean scheduleAndCancel() {
		ScheduledFuture<?> timer = this.channel.eventLoop().schedule(this.timer, TIMEOUT, TimeUnit.NANOSECONDS);
		return timer.cancel(false);
	}

	/**
	 * The operator that most would reach for, beside the same without it.
	 * @return something
	 */
	@Benchmark
	public Object monoTimeout() {
		return Mono.just("response").timeout(Duration.ofSeconds(30)).block();
	}

	/**
	 * What {@link #monoTimeout()} costs without its timeout.
	 * @return something
	 */
	@Benchmark
	public Object monoWithout() {
		return Mono.just("response").hide().block();
	}

}
