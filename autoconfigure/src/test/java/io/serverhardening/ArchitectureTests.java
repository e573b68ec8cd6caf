package io.serverhardening;

import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaCall;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.domain.JavaModifier;
import com.tngtech.archunit.core.domain.JavaPackage;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.lang.ArchRule;
import com.tngtech.archunit.lang.CompositeArchRule;
import com.tngtech.archunit.library.dependencies.SliceAssignment;
import com.tngtech.archunit.library.dependencies.SliceIdentifier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

import org.springframework.aop.framework.AopInfrastructureBean;
import org.springframework.context.annotation.Bean;
import org.springframework.http.HttpHeaders;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.methods;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

/**
 * The rules of the house. Each is also run against classes under
 * {@code io.serverhardening.planted}, laid out like the house, that break it: a rule that
 * cannot fail is none.
 */
class ArchitectureTests {

	private static final List<String> FEATURES = List.of("connection", "request", "response", "ratelimit",
			"concurrency", "circuitbreaker", "webhook", "deduplication", "errors", "watchdog");

	/** What features stand on, and what stands on them. */
	private static final List<String> OTHERS = List.of("internal", "client", "route", "actuate", "autoconfigure");

	/** Packages of Spring Boot 3 that Spring Boot 4 has not. */
	private static final String[] MOVED = Stream
		.of("actuate.health", "actuate.metrics", "actuate.autoconfigure.health", "actuate.autoconfigure.metrics",
				"actuate.endpoint.web.reactive", "autoconfigure.data", "autoconfigure.security", "autoconfigure.web",
				"web.context", "web.embedded", "web.reactive")
		.map((name) -> "org.springframework.boot." + name + "..")
		.toArray(String[]::new);

	/**
	 * What headers of Spring 6 can as a map, and those of Spring 7 cannot, or not as
	 * that.
	 */
	private static final Set<String> OF_A_MAP = Set.of("get", "getOrEmpty", "containsKey", "containsValue", "remove",
			"entrySet", "keySet", "values", "putAll", "putIfAbsent", "computeIfAbsent", "getOrDefault");

	private static final long LARGEST_PACKAGE = 15;

	private static final Map<String, Function<String, ArchRule>> RULES = Map.of("features do not know each other",
			ArchitectureTests::featuresDoNotKnowEachOther, "dependencies run one way",
			ArchitectureTests::dependenciesRunOneWay, "Boot stays at the edge", ArchitectureTests::bootStaysAtTheEdge,
			"what Boot 4 has moved stays in the binding", ArchitectureTests::whatHasMovedStaysInTheBinding,
			"headers are no map", ArchitectureTests::headersAreNoMap, "no cycles", ArchitectureTests::noCycles,
			"no cycles within a feature", ArchitectureTests::noCyclesWithinAFeature, "no aspect is put around a bean",
			ArchitectureTests::noAspectIsPutAroundABean, "nothing blocks", ArchitectureTests::nothingBlocks,
			"the public API knows no feature", ArchitectureTests::thePublicApiKnowsNoFeature);

	private static ArchRule featuresDoNotKnowEachOther(String root) {
		return slices().matching(root + ".(" + String.join("|", FEATURES) + ")..").should().notDependOnEachOther();
	}

	private static ArchRule dependenciesRunOneWay(String root) {
		String[] features = packages(root, FEATURES);
		return CompositeArchRule
			.of(noClasses().that()
				.resideInAnyPackage(features)
				.should()
				.dependOnClassesThat()
				.resideInAnyPackage(root + ".actuate..", root + ".autoconfigure.."))
			.and(noClasses().that()
				.resideInAPackage(root + ".actuate..")
				.should()
				.dependOnClassesThat()
				.resideInAPackage(root + ".autoconfigure.."))
			.and(noClasses().that()
				.resideInAPackage(root + ".route..")
				.should()
				.dependOnClassesThat()
				.resideInAnyPackage(features)
				.orShould()
				.dependOnClassesThat()
				.resideInAnyPackage(root + ".actuate..", root + ".autoconfigure.."))
			.and(noClasses().that()
				.resideInAPackage(root + ".client..")
				.should()
				.dependOnClassesThat()
				.resideInAnyPackage(features)
				.orShould()
				.dependOnClassesThat()
				.resideInAnyPackage(root + ".route..", root + ".actuate..", root + ".autoconfigure.."))
			.and(noClasses().that()
				.resideInAPackage(root + ".internal..")
				.should()
				.dependOnClassesThat()
				.resideInAnyPackage(features)
				.orShould()
				.dependOnClassesThat()
				.resideInAnyPackage(root + ".client..", root + ".route..", root + ".actuate..",
						root + ".autoconfigure.."));
	}

	private static ArchRule bootStaysAtTheEdge(String root) {
		return noClasses().that()
			.resideOutsideOfPackages(root + ".actuate..", root + ".autoconfigure..")
			.should()
			.dependOnClassesThat()
			.resideInAPackage("org.springframework.boot..");
	}

	private static ArchRule whatHasMovedStaysInTheBinding(String root) {
		return noClasses().that()
			.resideOutsideOfPackage(root + ".autoconfigure.boot3")
			.should()
			.dependOnClassesThat()
			.resideInAnyPackage(MOVED);
	}

	private static ArchRule headersAreNoMap(String root) {
		return noClasses().should()
			.callMethodWhere(JavaCall.Predicates.target(DescribedPredicate.describe("are those of a map",
					(target) -> target.getOwner().isEquivalentTo(HttpHeaders.class)
							&& OF_A_MAP.contains(target.getName()))));
	}

	private static ArchRule noCycles(String root) {
		return slices().matching(root + ".(*)..").should().beFreeOfCycles();
	}

	private static ArchRule noCyclesWithinAFeature(String root) {
		return slices().assignedFrom(new PackagesOfFeatures(root)).should().beFreeOfCycles();
	}

	// Of a class that is final no proxy can be made: the application would not start.
	private static ArchRule noAspectIsPutAroundABean(String root) {
		return methods().that()
			.areAnnotatedWith(Bean.class)
			.should()
			.haveRawReturnType(DescribedPredicate.describe(
					"a type that is not a final class of ours, or " + "an AopInfrastructureBean",
					(type) -> !type.getPackageName().startsWith(root)
							|| !type.getModifiers().contains(JavaModifier.FINAL)
							|| type.isAssignableTo(AopInfrastructureBean.class)));
	}

	private static ArchRule nothingBlocks(String root) {
		return noClasses().should()
			.callMethodWhere(JavaCall.Predicates.target(DescribedPredicate.describe("block a thread",
					(target) -> blocks(target.getName(), target.getOwner(), target.getFullName()))));
	}

	private static boolean blocks(String method, JavaClass owner, String fullName) {
		boolean reactor = owner.isAssignableTo(Mono.class) || owner.isAssignableTo(Flux.class);
		return (reactor && method.startsWith("block")) || fullName.startsWith("java.lang.Thread.sleep(")
				|| owner.isEquivalentTo(LockSupport.class);
	}

	private static ArchRule thePublicApiKnowsNoFeature(String root) {
		return noClasses().that().resideInAPackage(root).should().dependOnClassesThat().resideInAPackage(root + ".*..");
	}

	private static String[] packages(String root, List<String> names) {
		return names.stream().map((name) -> root + "." + name + "..").toArray(String[]::new);
	}

	private static JavaClasses house() {
		return new ClassFileImporter().withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
			.importPackages("io.serverhardening");
	}

	@Test
	void everyPackageIsAFeatureOrOneOfTheOthers() {
		Set<String> packages = house().getPackage("io.serverhardening")
			.getSubpackages()
			.stream()
			.map(JavaPackage::getRelativeName)
			.collect(Collectors.toSet());
		assertThat(packages)
			.containsExactlyInAnyOrderElementsOf(Stream.concat(FEATURES.stream(), OTHERS.stream()).toList());
	}

	// The public API lies in one package whatever its size: nobody looks for it
	// elsewhere.
	@Test
	void noPackageIsTooLargeToLookThrough() {
		Map<String, Long> sizes = house().stream()
			.filter((type) -> type.isTopLevelClass() && !type.getSimpleName().equals("package-info"))
			.filter((type) -> !type.getPackageName().equals("io.serverhardening"))
			.collect(Collectors.groupingBy(JavaClass::getPackageName, Collectors.counting()));
		assertThat(sizes.entrySet())
			.allSatisfy((size) -> assertThat(size.getValue()).as(size.getKey()).isLessThanOrEqualTo(LARGEST_PACKAGE));
	}

	@Test
	void theHouseKeepsTheRules() {
		JavaClasses house = house();
		assertThat(house).hasSizeGreaterThan(50);
		RULES.forEach((name, rule) -> rule.apply("io.serverhardening").as(name).check(house));
	}

	static Set<String> rules() {
		return RULES.keySet();
	}

	@ParameterizedTest
	@MethodSource("rules")
	void theRuleFailsWhereItIsBroken(String name) {
		JavaClasses planted = new ClassFileImporter().importPackages("io.serverhardening.planted");
		ArchRule rule = RULES.get(name).apply("io.serverhardening.planted");
		assertThatExceptionOfType(AssertionError.class).isThrownBy(() -> rule.check(planted))
			.satisfies((error) -> assertThat(error.getMessage()).contains("io.serverhardening.planted"));
	}

	/**
	 * Each package of a feature, of what features stand on, of what operators read, and
	 * of the wiring.
	 *
	 * @param root the package of the house
	 */
	private record PackagesOfFeatures(String root) implements SliceAssignment {

		@Override
		public SliceIdentifier getIdentifierOf(JavaClass type) {
			String name = type.getPackageName();
			boolean within = Stream
				.concat(FEATURES.stream(), Stream.of("internal", "route", "actuate", "autoconfigure"))
				.map((feature) -> this.root + "." + feature)
				.anyMatch((feature) -> name.equals(feature) || name.startsWith(feature + "."));
			return within ? SliceIdentifier.of(name) : SliceIdentifier.ignore();
		}

		@Override
		public String getDescription() {
			return "packages of features";
		}

	}

}
