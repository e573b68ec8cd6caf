package io.serverhardening.sample.wechat;

import java.time.Duration;

import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * How pushes are answered.
 *
 * @param think how long an answer takes, to try what happens when it takes too long
 */
@ConfigurationProperties("sample.wechat")
public record WeChatProperties(@DefaultValue("0s") Duration think) {

}
