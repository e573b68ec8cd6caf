package io.serverhardening.response;

import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Which waits are the client's doing.
 */
class BodyWaitTests {

	private final BodyWait body = new BodyWait();

	@BeforeEach
	void begin() {
		this.body.begin(false);
	}

	@Test
	void countsFromTheQuestionToTheAnswer() {
		this.body.ask(100);
		this.body.ask(150);
		assertThat(this.body.waited(160)).isEqualTo(60);
		this.body.arrive(170, false);
		assertThat(this.body.waited(1000)).isEqualTo(70);
		this.body.ask(1000);
		this.body.arrive(1005, true);
		assertThat(this.body.waited(2000)).isEqualTo(75);
	}

	@Test
	void nothingIsAwaitedOfABodyThatIsThere() {
		this.body.arrive(50, true);
		this.body.ask(100);
		assertThat(this.body.isOpen()).isFalse();
		assertThat(this.body.waited(1000)).isZero();
		this.body.begin(true);
		this.body.ask(100);
		assertThat(this.body.waited(1000)).isZero();
	}

	@Test
	void anAbandonedWaitIsNobodys() {
		this.body.ask(100);
		this.body.settle(130);
		this.body.abandon();
		assertThat(this.body.waited(1000)).isEqualTo(30);
		this.body.arrive(0, false);
		assertThat(this.body.waited(2000)).isEqualTo(30);
	}

	@Test
	void aNewRequestBeginsAnew() {
		this.body.ask(100);
		this.body.arrive(200, true);
		this.body.begin(false);
		assertThat(this.body.waited(300)).isZero();
	}

}
