package io.serverhardening.sample;

// A secret that is none.
final class PublicSecretException extends RuntimeException {

	private static final long serialVersionUID = 1L;

	private final String remedy;

	PublicSecretException(String property, String problem, String remedy) {
		super(property + " " + problem + ".");
		this.remedy = remedy;
	}

	String remedy() {
		return this.remedy;
	}

}
