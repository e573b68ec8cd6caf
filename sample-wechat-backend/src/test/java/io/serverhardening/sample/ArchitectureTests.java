package io.serverhardening.sample;

import java.util.List;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaAnnotation;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.lang.ArchRule;
import io.serverhardening.route.Routes;
import org.junit.jupiter.api.Test;

import org.springframework.context.annotation.Profile;
import org.springframework.stereotype.Component;
import org.springframework.web.bind.annotation.RestController;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * The sample uses what users may use: the public API and properties.
 */
class ArchitectureTests {

	private static final ArchRule PUBLIC_API_ONLY = noClasses().should()
		.dependOnClassesThat(DescribedPredicate.describe("are internal to the starter", ArchitectureTests::isInternal));

	private static boolean isInternal(JavaClass type) {
		return type.getPackageName().matches("io\\.serverhardening\\.(?!sample).+");
	}

	private static final ArchRule DEMO_IN_THE_DEMO = classes().that()
		.areMetaAnnotatedWith(Component.class)
		.should()
		.beAnnotatedWith(DescribedPredicate.describe("@Profile(\"demo …\")", ArchitectureTests::isDemo));

	private static boolean isDemo(JavaAnnotation<?> annotation) {
		return annotation.getRawType().isEquivalentTo(Profile.class)
				&& List.of((String[]) annotation.get("value").orElseThrow())
					.stream()
					.allMatch((profile) -> profile.matches("demo( & .*)?"));
	}

	@Test
	void whatIsForTheDemoIsThereInTheDemoOnly() {
		DEMO_IN_THE_DEMO.check(new ClassFileImporter().withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
			.importPackages("io.serverhardening.sample.demo"));
	}

	@Test
	void theRuleFailsWhereSomethingIsAlwaysThere() {
		assertThatExceptionOfType(AssertionError.class)
			.isThrownBy(() -> DEMO_IN_THE_DEMO.check(new ClassFileImporter().importClasses(AlwaysThere.class)))
			.satisfies((error) -> assertThat(error.getMessage()).contains("AlwaysThere"));
	}

	@Test
	void usesThePublicApiOnly() {
		PUBLIC_API_ONLY.check(new ClassFileImporter().withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
			.importPackages("io.serverhardening.sample"));
	}

	@Test
	void theRuleFailsWhereSomethingInternalIsUsed() {
		assertThatExceptionOfType(AssertionError.class)
			.isThrownBy(() -> PUBLIC_API_ONLY.check(new ClassFileImporter().importClasses(UsesInternals.class)))
			.satisfies((error) -> assertThat(error.getMessage()).contains("UsesInternals"));
	}

	/**
	 * Breaks the rule.
	 */
	static final class UsesInternals {

		Routes pass(Routes routes) {
			return routes;
		}

	}

	/**
	 * Breaks the rule.
	 */
	@RestController
	@Profile("!demo")
	static final class AlwaysThere {

	}

}
