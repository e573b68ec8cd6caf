package io.serverhardening.autoconfigure;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

import io.serverhardening.RejectionReason;
import io.serverhardening.actuate.HardeningSection;
import io.serverhardening.actuate.meter.HardeningMeter;
import io.serverhardening.route.Routes;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

import org.springframework.boot.actuate.autoconfigure.endpoint.EndpointAutoConfiguration;
import org.springframework.boot.actuate.autoconfigure.endpoint.web.WebEndpointAutoConfiguration;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.autoconfigure.web.reactive.HttpHandlerAutoConfiguration;
import org.springframework.boot.autoconfigure.web.reactive.WebFluxAutoConfiguration;
import org.springframework.boot.env.YamlPropertySourceLoader;
import org.springframework.boot.test.context.runner.ReactiveWebApplicationContextRunner;
import org.springframework.core.io.ByteArrayResource;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * What the documentation shows works, and what it points at is there.
 */
class DocumentationTests {

	private static final Path ROOT = Path.of("..");

	private static final Pattern YAML = Pattern.compile("```yaml\n(.*?)```", Pattern.DOTALL);

	private static final Pattern LINK = Pattern.compile("\\]\\((?!https?:)([^)#]*)(?:#([^)]*))?\\)");

	private static final Pattern HEADING = Pattern.compile("(?m)^#+ (.+)$");

	private static List<Path> pages() throws IOException {
		try (Stream<Path> docs = Files.walk(ROOT.resolve("docs"))) {
			List<Path> pages = new ArrayList<>(
					docs.filter((path) -> path.toString().endsWith(".md")).sorted().toList());
			pages.add(ROOT.resolve("README.md"));
			pages.add(ROOT.resolve("CHANGELOG.md"));
			pages.add(ROOT.resolve("CONTRIBUTING.md"));
			return pages;
		}
	}

	static Stream<String> snippets() throws IOException {
		List<String> snippets = new ArrayList<>();
		for (Path page : pages()) {
			Matcher matcher = YAML.matcher(Files.readString(page));
			while (matcher.find()) {
				snippets.add(matcher.group(1));
			}
		}
		return snippets.stream();
	}

	@ParameterizedTest
	@MethodSource("snippets")
	void everyYamlSnippetStarts(String yaml) {
		new ReactiveWebApplicationContextRunner()
			.withConfiguration(AutoConfigurations.of(HardeningAutoConfiguration.class, WebFluxAutoConfiguration.class))
			.withPropertyValues("WECHAT_TOKEN=token", "WECHAT_AES_KEY=AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA",
					"FEISHU_ENCRYPT_KEY=key", "STRIPE_SECRET=whsec_of_the_endpoint", "GITHUB_SECRET=secret",
					"SLACK_SIGNING_SECRET=secret", "SHOPIFY_CLIENT_SECRET=secret",
					"WEBHOOK_SECRET=whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
			.withInitializer((context) -> {
				try {
					new YamlPropertySourceLoader()
						.load("snippet", new ByteArrayResource(yaml.getBytes(StandardCharsets.UTF_8)))
						.forEach(context.getEnvironment().getPropertySources()::addFirst);
				}
				catch (IOException ex) {
					throw new java.io.UncheckedIOException(ex);
				}
			})
			.run((context) -> assertThat(context).hasNotFailed().hasSingleBean(Routes.class));
	}

	@Test
	void everyLinkLeadsSomewhere() throws IOException {
		for (Path page : pages()) {
			Matcher matcher = LINK.matcher(Files.readString(page));
			while (matcher.find()) {
				Path target = matcher.group(1).isEmpty() ? page : page.resolveSibling(matcher.group(1));
				assertThat(target).as(page + " → " + matcher.group(1)).exists();
				if (matcher.group(2) != null) {
					assertThat(anchors(target)).as(page + " → " + matcher.group()).contains(matcher.group(2));
				}
			}
		}
	}

	// As GitHub makes them of headings.
	private static List<String> anchors(Path page) throws IOException {
		return HEADING.matcher(Files.readString(page))
			.results()
			.map((heading) -> heading.group(1)
				.toLowerCase(Locale.ROOT)
				.replaceAll("[^\\p{L}\\p{N} _-]", "")
				.replace(' ', '-'))
			.toList();
	}

	@Test
	void everyReasonIsListed() throws IOException {
		String table = "| `type` ends in | status | means |\n|---|---|---|\n" + Arrays.stream(RejectionReason.values())
			.map((reason) -> "| `" + reason.code() + "` | " + reason.status().value() + " | " + reason.title() + " |\n")
			.collect(Collectors.joining());
		Path page = ROOT.resolve("docs/guide/errors.md");
		String text = Files.readString(page);
		String expected = text.replaceFirst("(?s)(checked by a test -->\n).*(<!-- /reasons)",
				"$1" + Matcher.quoteReplacement(table) + "$2");
		if (System.getProperty("update-docs") != null) {
			Files.writeString(page, expected);
			text = expected;
		}
		assertThat(text).as("run with -Dupdate-docs to write it anew").isEqualTo(expected);
	}

	@Test
	void everyMeterIsListed() throws IOException {
		String page = Files.readString(ROOT.resolve("docs/guide/actuator.md"));
		for (HardeningMeter meter : HardeningMeter.values()) {
			String tags = meter.tags().stream().map((tag) -> "`" + tag + "`").collect(Collectors.joining(", "));
			assertThat(page).contains("| `" + meter.meterName() + "` | " + (tags.isEmpty() ? "" : tags + " ") + "|");
		}
	}

	@Test
	void everySectionOfTheEndpointIsListed() throws IOException {
		String page = Files.readString(ROOT.resolve("docs/guide/actuator.md"));
		new ReactiveWebApplicationContextRunner()
			.withConfiguration(AutoConfigurations.of(HardeningAutoConfiguration.class,
					HardeningServerAutoConfiguration.class, HardeningActuatorAutoConfiguration.class,
					WebFluxAutoConfiguration.class, HttpHandlerAutoConfiguration.class, EndpointAutoConfiguration.class,
					WebEndpointAutoConfiguration.class))
			.withPropertyValues("management.endpoints.web.exposure.include=hardening")
			.run((context) -> {
				Collection<HardeningSection> sections = context.getBeansOfType(HardeningSection.class).values();
				assertThat(sections).hasSizeGreaterThan(8);
				for (HardeningSection section : sections) {
					assertThat(page).contains("| `GET /actuator/hardening/" + section.name() + "` |");
				}
			});
	}

	@ParameterizedTest
	@ValueSource(strings = { "README.md", "docs/index.md" })
	void everyPageOfTheGuideIsLinked(String from) throws IOException {
		String page = Files.readString(ROOT.resolve(from));
		try (Stream<Path> guide = Files.list(ROOT.resolve("docs/guide"))) {
			assertThat(guide.map((path) -> "guide/" + path.getFileName() + ")")).isNotEmpty()
				.allSatisfy((link) -> assertThat(page).contains(link));
		}
	}

}
