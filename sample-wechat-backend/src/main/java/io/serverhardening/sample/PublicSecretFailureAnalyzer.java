package io.serverhardening.sample;

import org.springframework.boot.diagnostics.AbstractFailureAnalyzer;
import org.springframework.boot.diagnostics.FailureAnalysis;

// Says in the place of a stack trace what to do about it.
final class PublicSecretFailureAnalyzer extends AbstractFailureAnalyzer<PublicSecretException> {

	@Override
	protected FailureAnalysis analyze(Throwable rootFailure, PublicSecretException cause) {
		return new FailureAnalysis(cause.getMessage(),
				cause.remedy()
						+ "\n\nTo try the sample without an account, start it with --spring.profiles.active=demo. "
						+ "Let no other host reach it, because the secrets of demo are public.",
				cause);
	}

}
