package io.serverhardening.deduplication.record;

/**
 * Somebody's wish to handle a message, and afterwards the proof that it was granted.
 *
 * @param id what the message is known by, 32 hexadecimal digits
 * @param fingerprint what is in it, hashed
 * @param owner who asks; nobody else ever uses the same
 * @param delivery whether this is the first time this copy of the message asks
 * @param terms on what terms
 */
public record ClaimRequest(String id, String fingerprint, String owner, boolean delivery, ClaimTerms terms) {

	/**
	 * Return the same wish, asked again.
	 * @return a request that does not count as another copy
	 */
	public ClaimRequest again() {
		return this.delivery ? new ClaimRequest(this.id, this.fingerprint, this.owner, false, this.terms) : this;
	}

}
