package io.serverhardening.autoconfigure.message;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;

import io.serverhardening.Route;
import io.serverhardening.WebhookPush;
import io.serverhardening.WebhookSender;
import io.serverhardening.WebhookVerdict;
import io.serverhardening.autoconfigure.diagnostics.InvalidSettingException;
import io.serverhardening.autoconfigure.resolution.Resolution;
import io.serverhardening.autoconfigure.resolution.ResolvedRoute;
import io.serverhardening.autoconfigure.resolution.RouteSettings;
import io.serverhardening.autoconfigure.settings.HardeningProperties;
import io.serverhardening.autoconfigure.settings.RouteProperties;
import io.serverhardening.autoconfigure.settings.WebhookProperties;
import io.serverhardening.internal.message.SenderProfile;
import io.serverhardening.webhook.WebhookSource;
import io.serverhardening.webhook.sender.KnownSender;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

import org.springframework.beans.factory.support.StaticListableBeanFactory;
import org.springframework.boot.context.properties.bind.Bindable;
import org.springframework.boot.context.properties.bind.Binder;
import org.springframework.boot.context.properties.source.MapConfigurationPropertySource;
import org.springframework.boot.convert.ApplicationConversionService;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * Who is behind the names of senders, and how they behave.
 */
class WebhookSourcesTests {

	private static final String KEY = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";

	private static final String PUBLIC_KEY = "-----BEGIN PUBLIC KEY-----MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEAj07vlhS50UBTfG8wkMFudXy8Q"
			+ "xXbxpRhOdeM+4j0doxO20VwzxAUdG0YmF9TGk/CgjpWhaWDPXI05KXi2paYjtjnU/BQE6mlCU+fBPWQgrrvgcCA1GgjOIO7"
			+ "Ki7SmW81Our+F3h1dIfTubI9fvVBl5K7KmsHjueO1qyXKFZmcM8YsE/vHCHwfS9ZdQtYP3CMg2KNgkdH+hRL1Stxyhlr3OL"
			+ "RANUZSBdawQO1eR/sx4EGEKIKMRJ7ABPXVTLZFxv9BnN/lYz/UX+wKpFcGJpxbd/+IGA1NmvoUv9U4zvKhAjsscC6iSXGQX"
			+ "fmp8fHeRmMBaco+PTmxCpAJdanCEBvywIDAQAB-----END PUBLIC KEY-----";

	private static WebhookSource source(StaticListableBeanFactory beans, String... settings) {
		MapConfigurationPropertySource source = new MapConfigurationPropertySource();
		for (String setting : settings) {
			source.put("a." + setting.substring(0, setting.indexOf('=')), setting.substring(setting.indexOf('=') + 1));
		}
		WebhookProperties properties = new Binder(List.of(source), null,
				ApplicationConversionService.getSharedInstance())
			.bind("a", Bindable.of(WebhookProperties.class))
			.get();
		assertThat(properties.toString()).doesNotContain(KEY);
		RouteProperties route = new Binder(
				List.of(new MapConfigurationPropertySource(Map.of("r.path", "/r", "r.webhook", "a"))), null,
				ApplicationConversionService.getSharedInstance())
			.bind("r", Bindable.of(RouteProperties.class))
			.get();
		ResolvedRoute inForce = Resolution
			.of(new Binder(List.of(), null, ApplicationConversionService.getSharedInstance()).bindOrCreate("none",
					HardeningProperties.class))
			.everywhere();
		return new WebhookSources(Map.of("a", properties), beans)
			.of(new RouteSettings(new Route("r", "/r", Set.of()), "routes.r", route, inForce));
	}

	@ParameterizedTest
	@CsvSource({ "wechat,PT5S,3,PT15S", "hmac,,0,", "stripe,,0,PT72H", "github,PT10S,1,", "slack,PT3S,4,PT7M",
			"shopify,PT5S,9,PT4H", "standard-webhooks,PT15S,10,PT75H35M5S", "wechatpay,PT5S,16,PT24H4M",
			"feishu,PT3S,5,PT7H5M15S" })
	void knowsHowASenderBehaves(String sender, Duration timeout, int attempts, Duration retryPeriod) {
		List<String> settings = new ArrayList<>(List.of("sender=" + sender, "encryption=plain"));
		settings.addAll(sender.equals("wechatpay")
				? List.of("aes-keys=" + "k".repeat(32), "public-keys=PUB_KEY_ID_1=" + PUBLIC_KEY)
				: List.of("secrets=" + KEY));
		WebhookSource source = source(new StaticListableBeanFactory(), settings.toArray(String[]::new));
		assertThat(source.sender()).isInstanceOf(KnownSender.class);
		assertThat(source.kind()).isEqualTo(sender);
		assertThat(WebhookSources.kind(source)).isNotNull();
		assertThat(source.profile().timeout()).isEqualTo(timeout);
		assertThat(source.profile().attempts()).isEqualTo(attempts);
		assertThat(source.profile().retryPeriod()).isEqualTo(retryPeriod);
		assertThat(source.sender().timeout()).isEqualTo(timeout);
		assertThat(source.sender().acknowledgement()).isEqualTo(source.profile().acknowledgement());
	}

	@Test
	void letsAnybodySayHowASchemeBehaves() {
		SenderProfile profile = source(new StaticListableBeanFactory(), "sender=standard-webhooks", "secrets=" + KEY,
				"sender-timeout=20s", "retry-period=28h")
			.profile();
		assertThat(profile.timeout()).isEqualTo(Duration.ofSeconds(20));
		assertThat(profile.retryPeriod()).isEqualTo(Duration.ofHours(28));
		assertThat(source(new StaticListableBeanFactory(), "sender=stripe", "secrets=" + KEY, "sender-timeout=20s")
			.profile()
			.timeout()).isEqualTo(Duration.ofSeconds(20));
	}

	@Test
	void takesTheApplicationsOwnFirst() {
		StaticListableBeanFactory beans = new StaticListableBeanFactory();
		WebhookSender own = (push) -> WebhookVerdict.refused("");
		beans.addBean("github", own);
		beans.addBean("stripe", "not a sender");
		WebhookSource source = source(beans, "sender=github", "sender-timeout=20s");
		assertThat(source.sender()).isSameAs(own);
		assertThat(WebhookSources.kind(source)).isNull();
		assertThat(source.profile().timeout()).isEqualTo(Duration.ofSeconds(20));
		assertThat(source(beans, "sender=stripe", "secrets=" + KEY).sender()).isInstanceOf(KnownSender.class);
	}

	@Test
	void namesTheNearestOfThemAndOfTheBeans() {
		StaticListableBeanFactory beans = new StaticListableBeanFactory();
		beans.addBean("courierHooks", (WebhookSender) (push) -> null);
		assertThatExceptionOfType(InvalidSettingException.class).isThrownBy(() -> source(beans, "sender=courierHook"))
			.withMessageContaining("the nearest is courierHooks")
			.withMessageContaining("standard-webhooks");
		assertThatExceptionOfType(InvalidSettingException.class)
			.isThrownBy(() -> source(beans, "sender=standart-webhooks"))
			.withMessageContaining("the nearest is standard-webhooks");
	}

	@Test
	void refusesSecretsThatABeanDoesNotGetToSee() {
		StaticListableBeanFactory beans = new StaticListableBeanFactory();
		beans.addBean("courier", (WebhookSender) (push) -> null);
		assertThatExceptionOfType(InvalidSettingException.class)
			.isThrownBy(() -> source(beans, "sender=courier", "secrets=" + KEY))
			.withMessageContaining("secrets is not used by sender courier")
			.satisfies((ex) -> assertThat(ex.getMessage()).doesNotContain(KEY));
	}

	@Test
	void refusesASenderThatDoesNotWait() {
		StaticListableBeanFactory beans = new StaticListableBeanFactory();
		beans.addBean("courier", new WebhookSender() {

			@Override
			public WebhookVerdict verify(WebhookPush push) {
				return WebhookVerdict.refused("");
			}

			@Override
			public Duration timeout() {
				return Duration.ZERO;
			}

		});
		assertThatExceptionOfType(IllegalStateException.class).isThrownBy(() -> source(beans, "sender=courier"))
			.withMessageContaining("timeout()");
	}

}
