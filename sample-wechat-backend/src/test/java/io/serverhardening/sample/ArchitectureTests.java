package io.serverhardening.sample;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.lang.ArchRule;
import io.serverhardening.route.Routes;
import org.junit.jupiter.api.Test;

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

}
