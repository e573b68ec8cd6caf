package io.serverhardening.deduplication.redis;

import java.util.concurrent.TimeoutException;

import io.lettuce.core.RedisCommandExecutionException;
import io.lettuce.core.RedisCommandTimeoutException;
import io.lettuce.core.RedisReadOnlyException;
import io.serverhardening.deduplication.record.StoreRefusal;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import org.springframework.dao.QueryTimeoutException;
import org.springframework.data.redis.RedisConnectionFailureException;
import org.springframework.data.redis.RedisSystemException;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatObject;

/**
 * What error replies of Redis mean.
 */
class RefusalsTests {

	@ParameterizedTest
	@CsvSource(delimiter = '|',
			textBlock = """
					READONLY You can't write against a read only replica. script: 5a1f, on @user_script:17. | READONLY | false
					ERR Error running script (call to f_5a1f): @user_script:17: -READONLY You can't write against a read only slave. | READONLY | false
					OOM command not allowed when used memory > 'maxmemory'. script: 5a1f, on @user_script:17. | OOM | false
					NOPERM User app has no permissions to run the 'evalsha' command | NOPERM | false
					NOREPLICAS Not enough good replicas to write. | NOREPLICAS | false
					MISCONF Redis is configured to save RDB snapshots, but it's currently unable to persist to disk. | MISCONF | false
					CLUSTERDOWN The cluster is down | CLUSTERDOWN | false
					LOADING Redis is loading the dataset in memory | LOADING | false
					WRONGTYPE Operation against a key holding the wrong kind of value script: 5a1f, on @user_script:7. | WRONGTYPE | true
					ERR user_script:40: attempt to compare nil with number script: 5a1f, on @user_script:40. | ERR | true
					ERR unknown command 'EVALSHA', with args beginning with: | ERR | false
					ERR Unknown Redis command called from script script: 5a1f, on @user_script:5. | ERR | false
					ERR max number of clients reached | ERR | false
					""")
	void tellsTheCodeAndWhetherOthersWouldBeTaken(String reply, String code, boolean ofOneRecord) {
		Throwable error = new RedisSystemException("Error in execution", new RedisCommandExecutionException(reply));
		assertThatObject(Refusals.of(error)).isInstanceOfSatisfying(StoreRefusal.class, (refusal) -> {
			assertThat(refusal.code()).isEqualTo(code);
			assertThat(refusal.isOfOneRecord()).isEqualTo(ofOneRecord);
			assertThat(refusal.getMessage()).isEqualTo(code);
		});
	}

	@Test
	void knowsWhenTheServerIsTheWrongOne() {
		assertThat(Refusals.isElsewhere(Refusals.of(new RedisReadOnlyException("READONLY You can't write")))).isTrue();
		assertThat(Refusals.isElsewhere(Refusals.of(new RedisCommandExecutionException("MASTERDOWN Link is down"))))
			.isTrue();
		assertThat(Refusals.isElsewhere(Refusals.of(new RedisCommandExecutionException("OOM full")))).isFalse();
	}

	@Test
	void takesOneThatItsClientDidNotWaitForToBeSlow() {
		QueryTimeoutException error = new QueryTimeoutException("Redis command timed out",
				new RedisCommandTimeoutException("Command timed out after 200 millisecond(s)"));
		assertThatObject(Refusals.of(error)).isInstanceOf(TimeoutException.class);
	}

	@Test
	void leavesAloneWhatIsNoReply() {
		RedisConnectionFailureException down = new RedisConnectionFailureException("READONLY is a word in here");
		assertThatObject(Refusals.of(down)).isSameAs(down);
	}

}
