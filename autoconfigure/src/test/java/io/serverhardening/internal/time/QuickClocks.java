package io.serverhardening.internal.time;

import org.springframework.beans.factory.config.BeanPostProcessor;

/**
 * Has the clocks of the event loops run faster than real time, so that a test which waits
 * for one need not wait for long.
 *
 * @param speed how many seconds the clocks run in a real second
 */
public record QuickClocks(int speed) implements BeanPostProcessor {

	@Override
	public Object postProcessAfterInitialization(Object bean, String name) {
		return (bean instanceof LoopClocks clocks) ? clocks.ticking(LoopClock.PERIOD / this.speed) : bean;
	}

}
