package io.serverhardening.sample.wechat;

import org.springframework.boot.context.properties.ConfigurationProperties;

/**
 * The official account.
 *
 * @param token the token entered in the account's console, with which WeChat signs
 */
@ConfigurationProperties("sample.wechat")
public record WeChatProperties(String token) {

	@Override
	public String toString() {
		return "WeChatProperties[token=***]";
	}

}
