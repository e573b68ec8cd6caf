package io.serverhardening.webhook.nonce;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;

import io.serverhardening.webhook.WebhookActivity;
import io.serverhardening.webhook.nonce.NonceStore.Seen;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;
import reactor.core.scheduler.Scheduler;
import reactor.core.scheduler.Schedulers;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * What becomes of a nonce between this process and a store that takes its time.
 */
class NonceAccessTests {

	private final WebhookActivity activity = new WebhookActivity(new Nonces(Duration.ofMinutes(10), () -> 0));

	private final SlowStore store = new SlowStore();

	private final NonceAccess access = new NonceAccess(this.activity.nonces(), this.store, null,
			this.activity::unshared);

	/** What the event loop of the request has yet to do. */
	private final Queue<Runnable> loop = new ArrayDeque<>();

	private final Scheduler home = Schedulers.fromExecutor(this.loop::add);

	private final List<Seen> seen = new ArrayList<>();

	private NonceStore.Use use(NonceAccess access, String fingerprint) {
		return access.of("n", fingerprint, false, () -> this.home);
	}

	private NonceStore.Use ask(String fingerprint) {
		NonceStore.Use use = use(this.access, fingerprint);
		use.take().subscribe(this.seen::add);
		return use;
	}

	private void turn() {
		for (Runnable task = this.loop.poll(); task != null; task = this.loop.poll()) {
			task.run();
		}
	}

	@Test
	void isHeardAtHome() {
		ask("a");
		this.store.answer(0, Seen.FIRST);
		assertThat(this.seen).isEmpty();
		turn();
		assertThat(this.seen).containsExactly(Seen.FIRST);
	}

	@Test
	void doesNotAskForWhatThisProcessKnows() {
		ask("a");
		this.store.answer(0, Seen.FIRST);
		turn();
		ask("a");
		ask("b");
		assertThat(this.seen).containsExactly(Seen.FIRST, Seen.COPY, Seen.OTHER);
		assertThat(this.store.uses).hasSize(3).filteredOn((use) -> use.asked).hasSize(1);
	}

	@Test
	void aCopyIsNoneWhileTheFirstMayBeRefused() {
		ask("forged");
		ask("forged");
		this.store.answer(0, Seen.OTHER);
		this.store.answer(1, Seen.OTHER);
		turn();
		assertThat(this.seen).containsExactly(Seen.OTHER, Seen.OTHER);
		assertThat(this.activity.nonces().size()).isZero();
	}

	@Test
	void whatTheStoreKnowsIsNotTakenHere() {
		ask("a");
		this.store.answer(0, Seen.COPY);
		turn();
		assertThat(this.seen).containsExactly(Seen.COPY);
		// Whoever has it may yet give it back.
		assertThat(this.activity.nonces().size()).isZero();
	}

	@Test
	void decidesAloneWhereTheStoreDoesNotAnswer() {
		ask("a");
		ask("a");
		this.store.fail(0);
		this.store.fail(1);
		turn();
		assertThat(this.seen).containsExactly(Seen.FIRST, Seen.COPY);
		assertThat(this.activity.unsharedCount()).isEqualTo(1);
	}

	@Test
	void refusesToDecideAloneWhereItIsToldNotTo() {
		NonceAccess strict = new NonceAccess(this.activity.nonces(), this.store, "on-store-failure",
				this.activity::unshared);
		use(strict, "a").take().subscribe(this.seen::add);
		this.store.fail(0);
		turn();
		assertThat(this.seen).containsExactly(Seen.UNKNOWN);
		assertThat(this.activity.nonces().size()).isZero();
		assertThat(this.activity.unsharedCount()).isZero();
	}

	@Test
	void oneOfTwoHasItWhereTheStoreAnswersOneOfThem() {
		ask("a");
		ask("a");
		this.store.fail(1);
		this.store.answer(0, Seen.FIRST);
		turn();
		assertThat(this.seen).containsExactlyInAnyOrder(Seen.FIRST, Seen.COPY);
		assertThat(this.store.uses.get(0).givenBack).isTrue();
	}

	@Test
	void nothingStaysTakenWhereTheRequestEndsBeforeTheStoreAnswers() {
		NonceStore.Use use = ask("a");
		use.giveBack();
		this.store.answer(0, Seen.FIRST);
		turn();
		assertThat(this.store.uses.get(0).givenBack).isTrue();
		assertThat(this.activity.nonces().size()).isZero();
	}

	@Test
	void tellsBothHowItEnded() {
		NonceStore.Use first = ask("a");
		this.store.answer(0, Seen.FIRST);
		turn();
		first.keep();
		assertThat(this.store.uses.get(0).kept).isTrue();
		first.giveBack();
		assertThat(this.store.uses.get(0).givenBack).isTrue();
		assertThat(this.activity.nonces().size()).isZero();
	}

	/**
	 * A store that answers when the test says so.
	 */
	private static final class SlowStore implements NonceStore {

		private final List<SlowUse> uses = new ArrayList<>();

		@Override
		public Use of(String nonce, String fingerprint, boolean forGood) {
			SlowUse use = new SlowUse();
			this.uses.add(use);
			return use;
		}

		@Override
		public boolean isUp() {
			return true;
		}

		void answer(int use, Seen seen) {
			this.uses.get(use).answer.tryEmitValue(seen);
		}

		void fail(int use) {
			this.uses.get(use).answer.tryEmitError(new IllegalStateException("down"));
		}

	}

	private static final class SlowUse implements NonceStore.Use {

		private final Sinks.One<Seen> answer = Sinks.one();

		private boolean asked;

		private boolean kept;

		private boolean givenBack;

		@Override
		public Mono<Seen> take() {
			this.asked = true;
			return this.answer.asMono();
		}

		@Override
		public void keep() {
			this.kept = true;
		}

		@Override
		public void giveBack() {
			this.givenBack = true;
		}

	}

}
