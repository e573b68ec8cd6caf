package io.serverhardening.webhook.wechat;

import java.nio.charset.StandardCharsets;
import java.util.Objects;

/**
 * What WeChat's documentation, and a second source, say that a program has to compute.
 */
public final class WechatVectors {

	public static final String TOKEN = "AAAAA";

	public static final String AES_KEY = "A".repeat(43);

	public static final String APP_ID = "wxba5fad812f8e6fb9";

	public static final String ENCRYPTED = "+qdx1OKCy+5JPCBFWw70tm0fJGb2Jmeia4FCB7kao+/Q5c/ohsOzQHi8khUOb05JCpj0JB4RvQMkUyus8T"
			+ "PxLKJGQqcvZqzDpVzazhZv6JsXUnnR8XGT740XgXZUXQ7vJVnAG+tE8NUd4yFyjPy7GgiaviNrlCTj+l5kdfMuFUPpRSrfMZuM"
			+ "cp3Fn2Pede2IuQrKEYwKSqFIZoNqJ4M8EajAsjLY2km32IIjdf8YL/P50F7mStwntrA2cPDrM1kb6mOcfBgRtWygb3VIYnSeOB"
			+ "rebufAlr7F9mFUPAJGj04=";

	public static final String PLAIN = "{\"ToUserName\":\"gh_97417a04a28d\",\"FromUserName\":\"o9AgO5Kd5ggOC-bXrbNODIiE3bGY\","
			+ "\"CreateTime\":1714112445,\"MsgType\":\"event\",\"Event\":\"debug_demo\",\"debug_str\":\"hello world\"}";

	private static final WechatCipher CIPHER = new WechatCipher(AES_KEY, APP_ID);

	private WechatVectors() {
	}

	public static String encrypt(String text, byte[] random) {
		return CIPHER.encrypt(text.getBytes(StandardCharsets.UTF_8), random);
	}

	public static String decrypt(String encrypted) {
		return new String(Objects.requireNonNull(CIPHER.decrypt(encrypted)), StandardCharsets.UTF_8);
	}

}
