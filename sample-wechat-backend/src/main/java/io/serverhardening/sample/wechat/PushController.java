package io.serverhardening.sample.wechat;

import org.apache.commons.logging.Log;
import org.apache.commons.logging.LogFactory;

import org.springframework.http.HttpStatus;
import org.springframework.http.MediaType;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.RequestBody;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.bind.annotation.RestController;
import org.springframework.web.server.ResponseStatusException;

/**
 * Where WeChat pushes messages of the official account, in plain mode.
 */
@RestController
@RequestMapping(path = "/wechat/push", produces = MediaType.TEXT_PLAIN_VALUE)
class PushController {

	private static final Log logger = LogFactory.getLog(PushController.class);

	// Ends WeChat's attempts to deliver; anything else shows the user an error.
	private static final String ACKNOWLEDGEMENT = "success";

	private static final String PUBLIC_TOKEN = "AAAAA";

	private final PushSignature signatures;

	PushController(WeChatProperties properties) {
		this.signatures = new PushSignature(properties.token());
		if (properties.token().equals(PUBLIC_TOKEN)) {
			logger.warn(
					"Pushes are signed with the token of WeChat's documentation, which everybody knows: set WECHAT_TOKEN");
		}
	}

	// Prove to WeChat that this address is ours.
	@GetMapping
	String prove(@RequestParam String signature, @RequestParam String timestamp, @RequestParam String nonce,
			@RequestParam String echostr) {
		verify(signature, timestamp, nonce);
		return echostr;
	}

	@PostMapping
	String receive(@RequestParam String signature, @RequestParam String timestamp, @RequestParam String nonce,
			@RequestBody byte[] body) {
		verify(signature, timestamp, nonce);
		PushMessage message = PushMessage.parse(body);
		logger.debug("Received a message of type " + message.field("MsgType"));
		return ACKNOWLEDGEMENT;
	}

	private void verify(String signature, String timestamp, String nonce) {
		if (!this.signatures.verify(signature, timestamp, nonce)) {
			throw new ResponseStatusException(HttpStatus.UNAUTHORIZED, "The signature is wrong");
		}
	}

}
