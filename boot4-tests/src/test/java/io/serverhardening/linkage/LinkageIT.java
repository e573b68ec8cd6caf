package io.serverhardening.linkage;

import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;

import com.tngtech.archunit.core.domain.AccessTarget;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import org.junit.jupiter.api.Test;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Our classes, compiled against Spring Boot 3, find what they name in the jars of Spring
 * Boot 4. A method that is gone fails when its line runs, and not at the start.
 */
class LinkageIT {

	private static final String BOOT_3 = "io.serverhardening.autoconfigure.boot3";

	private static JavaClasses house() {
		return new ClassFileImporter().withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
			.withImportOption((location) -> !location.contains("/boot3/"))
			.importPackages("io.serverhardening");
	}

	@Test
	void everyTypeThatIsNamedIsThere() {
		assertThat(missingTypes(house())).isEmpty();
	}

	@Test
	void everyMemberThatIsNamedIsThere() {
		assertThat(missingMembers(house())).isEmpty();
	}

	// What is bound to Spring Boot 3 names what is gone: were that not found, nothing
	// would be.
	@Test
	void whatIsGoneIsFound() {
		JavaClasses boot3 = new ClassFileImporter().importPackages(BOOT_3);
		assertThat(missingTypes(boot3)).anyMatch((missing) -> missing.contains("NettyReactiveWebServerFactory"));
		assertThat(missingMembers(boot3)).anyMatch((missing) -> missing.contains(".addServerCustomizers("));
	}

	private static Set<String> missingTypes(JavaClasses classes) {
		return classes.stream()
			.flatMap((type) -> type.getDirectDependenciesFromSelf().stream())
			.filter((dependency) -> isMissing(dependency.getTargetClass().getBaseComponentType()))
			.map((dependency) -> dependency.getTargetClass().getName() + " in " + dependency.getOriginClass().getName())
			.collect(Collectors.toCollection(TreeSet::new));
	}

	private static Set<String> missingMembers(JavaClasses classes) {
		return classes.stream()
			.flatMap(LinkageIT::targets)
			.filter(LinkageIT::isMissing)
			.map(AccessTarget::getFullName)
			.collect(Collectors.toCollection(TreeSet::new));
	}

	private static Stream<AccessTarget> targets(JavaClass type) {
		return type.getAccessesFromSelf().stream().map((access) -> access.getTarget());
	}

	private static boolean isMissing(AccessTarget target) {
		return !target.getOwner().isArray() && target.resolveMember().isEmpty();
	}

	private static boolean isMissing(JavaClass type) {
		return !type.isPrimitive() && type.getSource().isEmpty();
	}

}
