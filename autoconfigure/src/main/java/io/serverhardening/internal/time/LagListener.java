package io.serverhardening.internal.time;

/**
 * Hears of every tick of an event loop's clock, and how late it came.
 */
@FunctionalInterface
public interface LagListener {

	/**
	 * A tick has come.
	 * @param clock the clock
	 * @param late how late it came, nanoseconds
	 */
	void onTick(LoopClock clock, long late);

}
