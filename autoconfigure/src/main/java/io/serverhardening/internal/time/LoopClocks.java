package io.serverhardening.internal.time;

import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.LongSupplier;

import io.netty.channel.EventLoop;
import io.netty.util.concurrent.SingleThreadEventExecutor;
import io.serverhardening.internal.call.ApplicationCall;
import io.serverhardening.internal.call.ApplicationCalls;

import org.springframework.aop.framework.AopInfrastructureBean;

/**
 * The clocks of a server's event loops, which are as many as there are loops.
 */
public final class LoopClocks implements LagListener, AopInfrastructureBean {

	private final Map<EventLoop, LoopClock> clocks = new ConcurrentHashMap<>();

	private final List<LagListener> listeners = new CopyOnWriteArrayList<>();

	private final LongSupplier time;

	private final long delay;

	private final ApplicationCalls calls;

	/**
	 * Create the clocks.
	 * @param time the clock to derive them from, nanoseconds
	 * @param calls keep what a tick throws from stopping a clock
	 */
	public LoopClocks(LongSupplier time, ApplicationCalls calls) {
		this(time, LoopClock.PERIOD, calls);
	}

	private LoopClocks(LongSupplier time, long delay, ApplicationCalls calls) {
		this.time = time;
		this.delay = delay;
		this.calls = calls;
	}

	// For tests: each tick is still worth a period.
	LoopClocks ticking(long delay) {
		return new LoopClocks(this.time, delay, this.calls);
	}

	/**
	 * Return the clock of a loop.
	 * @param loop the loop
	 * @return its clock
	 */
	public LoopClock of(EventLoop loop) {
		LoopClock clock = this.clocks.get(loop);
		return (clock != null) ? clock : this.clocks.computeIfAbsent(loop, this::create);
	}

	private LoopClock create(EventLoop loop) {
		String name = (loop instanceof SingleThreadEventExecutor executor) ? executor.threadProperties().name()
				: loop.toString();
		return new LoopClock(loop, name, this.time, this.delay, this, this.calls);
	}

	/**
	 * Have someone hear of every tick.
	 * @param listener who hears; called on the loops
	 */
	public void listen(LagListener listener) {
		this.listeners.add(listener);
	}

	@Override
	public void onTick(LoopClock clock, long late) {
		for (LagListener listener : this.listeners) {
			try {
				listener.onTick(clock, late);
			}
			catch (Throwable ex) {
				this.calls.failed(ApplicationCall.METER, listener, ex);
			}
		}
	}

	/**
	 * Return the clocks of the loops that have carried a connection.
	 * @return the clocks by name
	 */
	public Collection<LoopClock> all() {
		return this.clocks.values().stream().sorted(Comparator.comparing(LoopClock::name)).toList();
	}

}
