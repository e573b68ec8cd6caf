package io.serverhardening.deduplication.access;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.Supplier;

import io.serverhardening.deduplication.memory.MemoryRecordStore;
import io.serverhardening.deduplication.record.Answer;
import io.serverhardening.deduplication.record.Claim;
import io.serverhardening.deduplication.record.ClaimRequest;
import io.serverhardening.deduplication.record.ClaimTerms;
import io.serverhardening.deduplication.record.MessageRecord;
import io.serverhardening.deduplication.record.OnStoreFailure;
import io.serverhardening.deduplication.record.RecordStore;
import io.serverhardening.deduplication.record.Settlement;
import io.serverhardening.deduplication.record.StoreGate;
import io.serverhardening.deduplication.record.StoreRefusal;
import org.junit.jupiter.api.Test;
import reactor.core.Disposable;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;
import reactor.test.scheduler.VirtualTimeScheduler;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Two instances, a store that stalls, fails, forgets and answers late, and copies of a
 * few messages at random times: on a clock of its own, from a seed that a failure names.
 * {@code -Dsimulation.rounds} sets how many schedules, {@code -Dsimulation.seed} the
 * first of them.
 */
class StoreSimulationTests {

	private static final ClaimTerms TERMS = new ClaimTerms(2000, 600_000, 0);

	private static final int MESSAGES = 3;

	private static final int COPIES = 24;

	private static final long SPAN_MILLIS = 20_000;

	@Test
	void handlesEachMessageOnceWhereTheStoreWorks() {
		rounds(Faults.NONE);
	}

	@Test
	void hasNobodyWhoWaitsBeginWhatRunsElsewhereWhereTheStoreIsSlowNowAndThen() {
		rounds(Faults.STALLS);
	}

	@Test
	void keepsItsWordWhateverTheStoreDoes() {
		rounds(Faults.ALL);
	}

	private static void rounds(Faults faults) {
		long seed = Long.getLong("simulation.seed", System.nanoTime());
		int rounds = Integer.getInteger("simulation.rounds", 500);
		for (int i = 0; i < rounds; i++) {
			World world = new World(seed + i, faults);
			try {
				world.play();
			}
			catch (Throwable ex) {
				throw new AssertionError("Schedule " + (seed + i) + ", faults " + faults + ": " + ex.getMessage()
						+ System.lineSeparator() + String.join(System.lineSeparator(), world.story), ex);
			}
			finally {
				world.time.dispose();
			}
		}
	}

	/**
	 * What the store does wrong.
	 */
	private enum Faults {

		/** Nothing. */
		NONE,

		/** It says nothing for up to half a second. */
		STALLS,

		/** All there is. */
		ALL

	}

	/**
	 * One schedule.
	 */
	private static final class World {

		private final Random random;

		private final Faults faults;

		private final VirtualTimeScheduler time = VirtualTimeScheduler.create();

		private final List<String> story = new ArrayList<>();

		private final Store store = new Store();

		private final List<Instance> instances = new ArrayList<>();

		private final List<Set<String>> answers = new ArrayList<>();

		/** When the store last did something that it should not. */
		private long lastFault = -1;

		private Throwable failure;

		private int forgotten;

		private int answered;

		private int runs;

		private int owners;

		World(long seed, Faults faults) {
			this.random = new Random(seed);
			this.faults = faults;
			for (int i = 0; i < 2; i++) {
				this.instances.add(new Instance(i));
			}
			for (int i = 0; i < MESSAGES + this.instances.size(); i++) {
				this.answers.add(new HashSet<>());
			}
		}

		long now() {
			return this.time.now(TimeUnit.MILLISECONDS);
		}

		void tell(String what) {
			this.story.add(now() + " " + what);
		}

		void failed(Throwable error) {
			if (this.failure == null) {
				this.failure = error;
			}
		}

		void later(long millis, Runnable task) {
			this.time.schedule(task, millis, TimeUnit.MILLISECONDS);
		}

		void play() {
			this.instances.forEach((instance) -> instance.gate.start());
			this.time.advanceTimeBy(Duration.ofSeconds(20));
			for (int i = 0; i < COPIES; i++) {
				Instance instance = this.instances.get(this.random.nextInt(2));
				int message = this.random.nextInt(MESSAGES);
				later((long) (this.random.nextDouble() * SPAN_MILLIS),
						() -> new Copy(this, instance, message, ++this.owners).ask());
			}
			if (this.faults != Faults.NONE) {
				for (int i = this.random.nextInt(5); i >= 0; i--) {
					later((long) (this.random.nextDouble() * SPAN_MILLIS), this.store::misbehave);
				}
			}
			this.time.advanceTimeBy(Duration.ofMillis(SPAN_MILLIS));
			this.store.recover();
			this.time.advanceTimeBy(Duration.ofMinutes(1));
			for (Instance instance : this.instances) {
				assertThat(instance.local.outbox().completed(TERMS, 100)).as("answers kept by " + instance.number)
					.isEmpty();
			}
			// What was stopped is remembered for as long as anything, and swept up by the
			// next who comes by.
			this.time.advanceTimeBy(Duration.ofMillis(TERMS.ttlMillis()));
			for (Instance instance : this.instances) {
				new Copy(this, instance, MESSAGES + instance.number, ++this.owners).ask();
			}
			this.time.advanceTimeBy(Duration.ofMinutes(1));
			assertThat(this.failure).isNull();
			assertThat(this.answered).as("copies that were answered").isEqualTo(COPIES + this.instances.size());
			for (Instance instance : this.instances) {
				assertThat(instance.gate.isOpen()).as("the gate of " + instance.number).isTrue();
				assertThat(instance.records.held.size()).as("claims held by " + instance.number).isZero();
				assertThat(instance.local.processing()).as("runs known to " + instance.number).isZero();
			}
			for (int i = 0; i < MESSAGES; i++) {
				MessageRecord record = this.store.records.find("message-" + i).block();
				assertThat(record == null || record.lease().isZero()).as("whether message " + i + " is free").isTrue();
			}
		}

		/**
		 * The store that both instances share.
		 */
		private final class Store implements RecordStore {

			private MemoryRecordStore records = new MemoryRecordStore(1000, World.this::now);

			private final List<Consumer<String>> listeners = new ArrayList<>();

			private final List<Runnable> stalled = new ArrayList<>();

			private boolean stalls;

			private boolean refuses;

			private boolean loses;

			void misbehave() {
				World.this.lastFault = now();
				if (World.this.faults == Faults.STALLS) {
					stall(100 + World.this.random.nextInt(400));
					return;
				}
				long millis = (long) Math.pow(10, 1 + World.this.random.nextDouble() * 2.7);
				switch (World.this.random.nextInt(4)) {
					case 0 -> stall(millis);
					case 1 -> {
						tell("store refuses for " + millis);
						this.refuses = true;
						later(millis, this::recover);
					}
					case 2 -> {
						tell("store's replies are lost for " + millis);
						this.loses = true;
						later(millis, this::recover);
					}
					default -> {
						tell("store forgets everything");
						World.this.forgotten++;
						this.records = new MemoryRecordStore(1000, World.this::now);
						this.records.onSettled(this::settled);
					}
				}
			}

			private void stall(long millis) {
				tell("store stalls for " + millis);
				this.stalls = true;
				later(millis, this::recover);
			}

			void recover() {
				if (this.stalls || this.refuses || this.loses) {
					World.this.lastFault = now();
					tell("store works");
				}
				this.refuses = false;
				this.loses = false;
				this.stalls = false;
				List<Runnable> waiting = new ArrayList<>(this.stalled);
				this.stalled.clear();
				waiting.forEach(Runnable::run);
			}

			private void settled(String id) {
				later(World.this.random.nextInt(5), () -> this.listeners.forEach((listener) -> listener.accept(id)));
			}

			private <T> Mono<T> step(Supplier<Mono<T>> step) {
				return Mono.create((sink) -> later(World.this.random.nextInt(10), new Runnable() {

					@Override
					public void run() {
						if (Store.this.stalls) {
							Store.this.stalled.add(this);
							return;
						}
						if (Store.this.refuses) {
							sink.error(new StoreRefusal("READONLY", false, new IllegalStateException()));
							return;
						}
						T result = step.get().block();
						if (!Store.this.loses) {
							later(World.this.random.nextInt(10), () -> sink.success(result));
						}
					}

				}));
			}

			Mono<?> probe() {
				return step(() -> Mono.just("works"));
			}

			@Override
			public Mono<Claim> claim(ClaimRequest request) {
				return step(() -> this.records.claim(request));
			}

			@Override
			public Mono<Boolean> renew(ClaimRequest request, long token) {
				return step(() -> this.records.renew(request, token));
			}

			@Override
			public Mono<Boolean> settle(ClaimRequest request, long token, Settlement settlement) {
				return step(() -> this.records.settle(request, token, settlement));
			}

			@Override
			public Mono<MessageRecord> find(String id) {
				return step(() -> this.records.find(id));
			}

			@Override
			public void onSettled(Consumer<String> listener) {
				this.records.onSettled(this::settled);
				this.listeners.add(listener);
			}

		}

		/**
		 * One instance of the application.
		 */
		private final class Instance {

			private final int number;

			private final MemoryRecordStore local = new MemoryRecordStore(1000, World.this::now);

			private final StoreGate gate = new StoreGate(Mono.defer(World.this.store::probe), World.this.time,
					() -> World.this.time.now(TimeUnit.NANOSECONDS));

			private final RemoteRecords records = new RemoteRecords(this.local, World.this.store, this.gate, TERMS,
					OnStoreFailure.LOCAL, Duration.ofMillis(250), World.this.time,
					() -> World.this.time.now(TimeUnit.NANOSECONDS))
				.open();

			private final List<Copy> running = new ArrayList<>();

			private final List<Stopped> stopped = new ArrayList<>();

			/**
			 * What has been answered here, and how often the store had forgotten then.
			 */
			private final Map<Integer, Integer> done = new HashMap<>();

			Instance(int number) {
				this.number = number;
			}

		}

	}

	/**
	 * A run that took too long.
	 *
	 * @param message its message
	 * @param until when its lease is over
	 * @param forgotten how often the store had forgotten everything when it was asked for
	 */
	private record Stopped(int message, long until, int forgotten) {

	}

	/**
	 * One copy of a message.
	 */
	private static final class Copy {

		private final World world;

		private final World.Instance instance;

		private final int message;

		private final long deadline;

		private ClaimRequest request;

		private Disposable renewal;

		/** How often the store had forgotten everything when it asked last. */
		private int forgotten;

		/** What it runs by, {@code null} while it does not. */
		private Claim claim;

		Copy(World world, World.Instance instance, int message, int owner) {
			this.world = world;
			this.instance = instance;
			this.message = message;
			this.deadline = world.now() + 5000;
			this.request = new ClaimRequest("message-" + message, "body", "owner-" + owner, true, TERMS);
		}

		private void tell(String what) {
			this.world.tell(
					this.request.owner() + " of message " + this.message + " at " + this.instance.number + ": " + what);
		}

		void ask() {
			this.forgotten = this.world.forgotten;
			this.instance.records.claim(this.request, () -> Schedulers.immediate(), Mono::just)
				.subscribe(this::decide, this.world::failed);
		}

		private void decide(Claim claim) {
			tell(claim.outcome() + "");
			if (claim.outcome().isGranted()) {
				run(claim);
			}
			else if (claim.outcome() == Claim.Outcome.REPLAY) {
				Answer answer = claim.answer();
				assertThat(answer).isNotNull();
				assertThat(this.world.answers.get(this.message)).as("answers to message " + this.message)
					.contains(new String(answer.body(), StandardCharsets.UTF_8));
				this.world.answered++;
			}
			else if (claim.outcome() == Claim.Outcome.BUSY && this.world.now() < this.deadline) {
				this.request = this.request.again();
				this.world.later(50 + this.world.random.nextInt(200), this::ask);
			}
			else {
				assertThat(claim.outcome()).isEqualTo(Claim.Outcome.BUSY);
				this.world.answered++;
			}
		}

		private void run(Claim claim) {
			for (Copy other : this.instance.running) {
				assertThat(other.message).as("a message that runs twice at " + this.instance.number)
					.isNotEqualTo(this.message);
			}
			if (this.world.lastFault < 0) {
				for (World.Instance each : this.world.instances) {
					assertThat(each.done).as("messages that have been answered").doesNotContainKey(this.message);
					assertThat(each.running).noneMatch((other) -> other.message == this.message);
					assertThat(each.stopped).noneMatch(this::isStopped);
				}
			}
			assertThat(this.instance.stopped).as("what was stopped within its lease at " + this.instance.number)
				.noneMatch(this::isStopped);
			if (this.world.faults == Faults.STALLS && !this.request.delivery()
					&& this.instance.local.holds(this.request)) {
				for (World.Instance each : this.world.instances) {
					assertThat(each.running).as("what runs where somebody who waits begins by himself")
						.noneMatch((other) -> other.message == this.message);
				}
			}
			if (!this.instance.local.holds(this.request)) {
				// By the store. An instance that goes on without it cannot know.
				assertThat(this.instance.done.getOrDefault(this.message, -1))
					.as("what " + this.instance.number + " has answered of message " + this.message)
					.isNotEqualTo(this.world.forgotten);
			}
			this.claim = claim;
			this.instance.running.add(this);
			String answer = "run " + ++this.world.runs + " of message " + this.message;
			tell(answer);
			renew(claim);
			long millis = (long) Math.pow(10, 1 + this.world.random.nextDouble() * 2.8);
			this.world.later(millis, () -> finish(claim, answer));
			if (this.message < MESSAGES && this.world.random.nextInt(10) == 0) {
				// The store may have counted from a moment before we heard of it.
				long until = this.world.now() + TERMS.leaseMillis() - 300;
				Stopped stopped = new Stopped(this.message, until, this.forgotten);
				this.world.later(this.world.random.nextInt(1500), () -> timeOut(claim, stopped));
			}
		}

		private boolean isStopped(Stopped stopped) {
			return stopped.message() == this.message && this.world.now() < stopped.until()
					&& stopped.forgotten() == this.world.forgotten;
		}

		private void renew(Claim claim) {
			this.renewal = this.world.time.schedulePeriodically(
					() -> this.instance.records.renew(this.request, claim.token()).subscribe((held) -> {
						if (!held && claim.equals(this.claim)) {
							tell("lost");
							stop();
							this.instance.records.stopped(this.request);
							this.request = this.request.again();
							ask();
						}
					}), TERMS.leaseMillis() / 3, TERMS.leaseMillis() / 3, TimeUnit.MILLISECONDS);
		}

		private void stop() {
			this.claim = null;
			this.renewal.dispose();
			this.instance.running.remove(this);
		}

		private void timeOut(Claim claim, Stopped stopped) {
			if (claim.equals(this.claim)) {
				tell("stopped");
				stop();
				this.instance.records.stopped(this.request);
				this.instance.stopped.add(stopped);
				this.world.answered++;
			}
		}

		private void finish(Claim claim, String answer) {
			if (!claim.equals(this.claim)) {
				return;
			}
			stop();
			int forgotten = this.world.forgotten;
			boolean fails = this.world.random.nextInt(5) == 0;
			Settlement settlement = fails ? Settlement.FAILED
					: Settlement.completed(new Answer(200, List.of(), answer.getBytes(StandardCharsets.UTF_8)));
			if (!fails) {
				this.world.answers.get(this.message).add(answer);
			}
			this.instance.records.settle(this.request, claim.token(), settlement).subscribe((taken) -> {
				tell((fails ? "failed" : "answered") + (taken ? "" : ", and was not taken"));
				if (!fails && taken) {
					this.instance.done.put(this.message, forgotten);
				}
				this.world.answered++;
			});
		}

	}

}
