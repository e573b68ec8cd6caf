package io.serverhardening.sample.wechat;

import org.springframework.http.HttpStatus;
import org.springframework.web.server.ResponseStatusException;

/**
 * A pushed message cannot be read.
 */
final class MalformedMessageException extends ResponseStatusException {

	MalformedMessageException(String reason) {
		super(HttpStatus.BAD_REQUEST, reason);
	}

}
