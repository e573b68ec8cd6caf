package io.serverhardening.webhook.wechat;

import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.PublicKey;
import java.security.Signature;
import java.util.Base64;

/**
 * What WeChat Pay's own SDKs, and openssl, say that a program has to compute.
 */
public final class WechatPayVectors {

	/** The notification of wechatpay-go's {@code core/notify/notify_test.go}. */
	static final String GO_CERTIFICATE = """
			-----BEGIN CERTIFICATE-----
			MIIDVzCCAj+gAwIBAgIJANfOWdH1ItcBMA0GCSqGSIb3DQEBCwUAMEIxCzAJBgNV
			BAYTAlhYMRUwEwYDVQQHDAxEZWZhdWx0IENpdHkxHDAaBgNVBAoME0RlZmF1bHQg
			Q29tcGFueSBMdGQwHhcNMjEwNDI3MDg1NTIzWhcNMzEwNDI1MDg1NTIzWjBCMQsw
			CQYDVQQGEwJYWDEVMBMGA1UEBwwMRGVmYXVsdCBDaXR5MRwwGgYDVQQKDBNEZWZh
			dWx0IENvbXBhbnkgTHRkMIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEA
			2VCTd91fnUn73Xy9DLvt/V62TVxRTEEstVdeRaZ3B3leO0pldE806mXO4RwdHXag
			HQ4vGeZN0yqm++rDsGK+U3AH7kejyD2pXshNP9Cq5YwbptiLGtjcquw4HNxJQUOm
			DeJf2vg6byms9RUipiq4SzbJKqJFlUpbuIPDpSpWz10PYmyCNeDGUUK65E5h2B83
			4uxl1zNLYQCrkdBzb8oUxwYeP5a2DNxmjL5lsJML7DGr5znsevnoqGRwTm9fxCGf
			y8wus7hwKz6clt3Whmmda7UAdb1c08hEQFVRbF14AR73xbnd8N0obCWJPCbzMCtk
			aSef4FdEEgEXJiw0VAJT8wIDAQABo1AwTjAdBgNVHQ4EFgQUT1c7nd/SUO76HSoZ
			umNUJv1R5PwwHwYDVR0jBBgwFoAUT1c7nd/SUO76HSoZumNUJv1R5PwwDAYDVR0T
			BAUwAwEB/zANBgkqhkiG9w0BAQsFAAOCAQEAfTjxKRQMzNB/U6ZoCUS+BSNfa2Oh
			0plMN6ZuzwiVVZwg1jywvv5yv04koS7Pd4i9E4gt9ZBUQXlpq+A3oOCEEHNRR6b2
			kyazGRM7s0OP5X21WrbpSmKmU6K7hkfx30yYs08LVs/Q8DIhvaj1FCFeJzUCzYn/
			fHMq4tsbKO0dKAeydPM/nrUZBmaYQVKMVOORGLFjFKVO7JV6Kq/R86ouhjEPgJOe
			2xulNBUcjicqtZlBdEh/PWCYP2SpGVDclKm8jeo175T3EVAkdKzzmfpxtMmnMlmq
			cTJOU9TxuGvNASMtjj7pYIerTx+xgZDXEVBWFW9PjJ0TV06tCRsgSHItgg==
			-----END CERTIFICATE-----""";

	static final String GO_SERIAL = "D7CE59D1F522D701";

	static final String GO_TIMESTAMP = "1624523846";

	static final String GO_NONCE = "EcZ9Cmy4Xyx1i6RlJQzLcCyEqDa26NBz";

	static final String GO_SIGNATURE = "tJHIiIS9eB2hAYstmAmbbD3ZE5LiIm/Ug5tuL4fC0YOFRWIHV39UFIZXC0e9Wl6lBu6sKvkqDkzpqzBsVHyXFlbYZTOQrVd"
			+ "G4b6LfTnK4mikv9++ixJMd3vTf2yCqvBkh98zs3Ds5zsYQakzbcwhmw4fMJs4nPLws28H0UW9FjDR//rxELLwXvV1VEA1IB"
			+ "LX70xptjL8hrfUjEE8kkry6yNJTHZRU8CAc7qHli2Ng1V1qb9ARbK8A3ThmFmPQvRGrapI/jS2laKKgYUmfdEdkNO6B2Cke"
			+ "5e8VTxY406ArAmQ90GAihDwIcb16TQMnzCMBoutnwZKNiKRACrFmtxw2Q==";

	static final String GO_BODY = "{\"id\":\"3119dfba-e649-5eec-ab1e-3412bc4d2e17\",\"create_time\":\"2021-06-24T16:37:26+08:00\","
			+ "\"resource_type\":\"encrypt-resource\",\"event_type\":\"PAYSCORE.USER_OPEN_SERVICE\",\"summary"
			+ "\":\"签约成功\",\"resource\":{\"original_type\":\"payscore\",\"algorithm\":\"AEAD_AES_256_GCM\",\"c"
			+ "iphertext\":\"YDS3lKPaC4Y52Gf3uhft5qUBlIa8b428AWTtTauHQfQrRw+X1WpiuHIDy0vo1Vd6VEq67aVyqPdDYMkRV"
			+ "SDaZL3iZttevRMOoPKMifozg6XPWjIZumks/GpT48lI4NizyeaqLBokNebthah3o1H76qSlO9NkDjp9bzmKLEYYH9TEklFU"
			+ "psvPqOTOcgSLgh21YJXYR7dEBXFgRLiNIKRgO5JdXh1hccRUAlyVWxE54PXpnQ==\",\"associated_data\":\"paysco"
			+ "re\",\"nonce\":\"Kj7QIyUiYx1q\"}}";

	/** The key of wechatpay-java's {@code NotificationParserTest}. */
	public static final String API_KEY = "4EYG13V2Uz15h0JrAd8tk5k35Vlfn8c5";

	/** The key and message of wechatpay-java's {@code AeadAesCipherTest}. */
	static final String JAVA_API_KEY = "a7cde1ZJB1kG2e7VfTs3jQzaWizur8Gb";

	static final String JAVA_CIPHERTEXT = "ulwSiIajGClcvcOYvOQ7+l+0PAbzzwI=";

	static final String JAVA_NONCE = "uluk4a9R25RW";

	static final String JAVA_ASSOCIATED = "associatedData";

	/**
	 * A whole notification under a key of the length that WeChat Pay demands (that of
	 * wechatpay-go has half of it). Made by openssl 3 (the certificate and the signature)
	 * and Python's cryptography 48 (the resource).
	 */
	static final String CERTIFICATE = """
			-----BEGIN CERTIFICATE-----
			MIIDKzCCAhOgAwIBAgIUcTLXKgPpPN34wDu9Hzfu3wAAAAEwDQYJKoZIhvcNAQEL
			BQAwJDEiMCAGA1UEAwwZVGVucGF5LmNvbSBSb290IENBICh0ZXN0KTAgFw0yNjEx
			MjYxMzE5NThaGA8yMTI2MTEwMjEzMTk1OFowJDEiMCAGA1UEAwwZVGVucGF5LmNv
			bSBSb290IENBICh0ZXN0KTCCASIwDQYJKoZIhvcNAQEBBQADggEPADCCAQoCggEB
			AI9O75YUudFAU3xvMJDBbnV8vEMV28aUYTnXjPuI9HaMTttFcM8QFHRtGJhfUxpP
			woI6VoWlgz1yNOSl4tqWmI7Y51PwUBOppQlPnwT1kIK674HAgNRoIziDuyou0plv
			NTrq/hd4dXSH07myPX71QZeSuyprB47njtaslyhWZnDPGLBP7xwh8H0vWXULWD9w
			jINijYJHR/oUS9UrccoZa9zi0QDVGUgXWsEDtXkf7MeBBhCiCjESewAT11Uy2Rcb
			/QZzf5WM/1F/sCqRXBiacW3f/iBgNTZr6FL/VOM7yoQI7LHAuoklxkF35qfHx3kZ
			jAWnKPj05sQqQCXWpwhAb8sCAwEAAaNTMFEwHQYDVR0OBBYEFJDIaH7OLmo/xaEt
			cia4ms01FqO0MB8GA1UdIwQYMBaAFJDIaH7OLmo/xaEtcia4ms01FqO0MA8GA1Ud
			EwEB/wQFMAMBAf8wDQYJKoZIhvcNAQELBQADggEBAC4ki3oVuyEKBYO/NdkiWx23
			zj92I0v9edrJq62vY1cOQYpPtASYGlpPyXtZq7UZeFSwMrPhHOIwZZ5QaxPPKp0c
			BeYkMcJMI7kptv5/yKvjyWjSR+DvW2fPpqf4H1gees6SfvpO6G4Y6yNYo7UsGgT+
			5fzIl8/azUePDY2SmTrgyPH1r4wG+02hlJ8x3EMrtnERMZOUt2EAT95rgKehKl2g
			qv3UOI+rTxhfHklBV0gw19tjlelvYPDtcFw+PqfSoKMBKCqCoWVBqJipuPI2W8zB
			5MoUizynklTNvJrTQGwq+DYCC221iB0ssiyg4oM6pGVhelQZh1uI74eKijFP/yc=
			-----END CERTIFICATE-----""";

	static final String PUBLIC_KEY = """
			-----BEGIN PUBLIC KEY-----
			MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEAj07vlhS50UBTfG8wkMFu
			dXy8QxXbxpRhOdeM+4j0doxO20VwzxAUdG0YmF9TGk/CgjpWhaWDPXI05KXi2paY
			jtjnU/BQE6mlCU+fBPWQgrrvgcCA1GgjOIO7Ki7SmW81Our+F3h1dIfTubI9fvVB
			l5K7KmsHjueO1qyXKFZmcM8YsE/vHCHwfS9ZdQtYP3CMg2KNgkdH+hRL1Stxyhlr
			3OLRANUZSBdawQO1eR/sx4EGEKIKMRJ7ABPXVTLZFxv9BnN/lYz/UX+wKpFcGJpx
			bd/+IGA1NmvoUv9U4zvKhAjsscC6iSXGQXfmp8fHeRmMBaco+PTmxCpAJdanCEBv
			ywIDAQAB
			-----END PUBLIC KEY-----""";

	static final String SERIAL = "7132D72A03E93CDDF8C03BBD1F37EEDF00000001";

	static final String TIMESTAMP = "1554208460";

	static final String NONCE = "593BEC0C930BF1AFEB40B4A08C8FB242";

	static final String SIGNATURE = "eeEdFy0k6WpDeHk1Kj0k2FZeDho1B8p+3oGmrjG5aDPOq1GnDe8lzUxsD+Q/5JPMoQI+EchJXm/qtog0m0RgnhPKmflLjwI"
			+ "zd3sEtppJJyR8SLwhS9UTZydzoebFK9VrHdU/gcFj0jJRu36yKbv3wc0Q5BXhJOQfFKOKGvcNMb2JeyXB4cF1JG7vcSLUTz"
			+ "BiNoiOx1rp1Z9BOxjrzxst4P9iuMbVXBuWMsJn6VTNqi1cpHulKxSo7cpZW0i63N77mnGw/ujTNp0fMDyXgUK4apdGzW43X"
			+ "4GZviuhaamBuGWUZ8M3/jyRNbSGGihxk59dGrhBjyiGLpDNsbDdCg1F/Q==";

	static final String BODY = "{\"id\":\"EV-2018022511223320873\",\"create_time\":\"2015-05-20T13:29:35+08:00\",\"resource_typ"
			+ "e\":\"encrypt-resource\",\"event_type\":\"TRANSACTION.SUCCESS\",\"summary\":\"支付成功\",\"resource"
			+ "\":{\"original_type\":\"transaction\",\"algorithm\":\"AEAD_AES_256_GCM\",\"ciphertext\":\"AkdMR"
			+ "V1C+axR3IYJDrdr0gYFi8kFKKP23iI3XMmTFZ2mdMCRLtmmc1W98m2UXxGx9h8DfhwoahOsBKk61zaBxCjoyroadx8baeU+"
			+ "9W3h7ogktvYob9kWBuThjpLnOcWsI9uQRcNsw37SJgyTypwSsWrjcos9jd+lY0wkicuy3hJ8JM9NXUk9Hyb5kL9Nk+TOlIg"
			+ "B+A==\",\"associated_data\":\"transaction\",\"nonce\":\"fdasflkja484\"}}";

	static final String RESOURCE = "{\"mchid\":\"1900000109\",\"out_trade_no\":\"1217752501201407033233368018\",\"trade_state\":\"S"
			+ "UCCESS\",\"amount\":{\"total\":100,\"currency\":\"CNY\"}}";

	/** Signs what has to be signed now. One for all tests: it takes its time. */
	private static final KeyPair PAIR = pair();

	private WechatPayVectors() {
	}

	private static KeyPair pair() {
		try {
			KeyPairGenerator generator = KeyPairGenerator.getInstance("RSA");
			generator.initialize(2048);
			return generator.generateKeyPair();
		}
		catch (GeneralSecurityException ex) {
			throw new IllegalStateException(ex);
		}
	}

	public static PublicKey publicKey() {
		return PAIR.getPublic();
	}

	public static String sign(String timestamp, String nonce, String body) {
		try {
			Signature signer = Signature.getInstance("SHA256withRSA");
			signer.initSign(PAIR.getPrivate());
			signer.update((timestamp + '\n' + nonce + '\n' + body + '\n').getBytes(StandardCharsets.UTF_8));
			return Base64.getEncoder().encodeToString(signer.sign());
		}
		catch (GeneralSecurityException ex) {
			throw new IllegalStateException(ex);
		}
	}

}
