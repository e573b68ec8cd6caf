package io.serverhardening.sample.wechat;

import java.time.Duration;

import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * The official account.
 *
 * @param token the token entered in the account's console, with which WeChat signs
 * @param aesKey the key entered there, with which WeChat encrypts
 * @param appId the id of the account
 * @param think how long an answer takes, to try what happens when it takes too long
 */
@ConfigurationProperties("sample.wechat")
public record WeChatProperties(String token, String aesKey, String appId, @DefaultValue("0s") Duration think) {

	@Override
	public String toString() {
		return "WeChatProperties[token=***]";
	}

}
