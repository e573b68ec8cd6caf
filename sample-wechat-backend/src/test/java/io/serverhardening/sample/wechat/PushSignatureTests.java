package io.serverhardening.sample.wechat;

import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Against the examples of WeChat's documentation.
 */
class PushSignatureTests {

	private final PushSignature signatures = new PushSignature("AAAAA");

	@Test
	void signsAsWeChatDoes() {
		assertThat(this.signatures.sign("1714036504", "1514711492"))
			.isEqualTo("f464b24fc39322e44b38aa78f5edd27bd1441696");
		assertThat(this.signatures.sign("1714037059", "486452656"))
			.isEqualTo("899cf89e464efb63f54ddac96b0a0a235f53aa78");
	}

	@Test
	void refusesAnotherSignature() {
		assertThat(this.signatures.verify("f464b24fc39322e44b38aa78f5edd27bd1441696", "1714036504", "1514711492"))
			.isTrue();
		assertThat(this.signatures.verify("f464b24fc39322e44b38aa78f5edd27bd1441697", "1714036504", "1514711492"))
			.isFalse();
		assertThat(this.signatures.verify("f464b24fc39322e44b38aa78f5edd27bd1441696", "1714036505", "1514711492"))
			.isFalse();
		assertThat(this.signatures.verify("", "1714036504", "1514711492")).isFalse();
	}

}
