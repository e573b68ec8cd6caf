package io.serverhardening.route;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;

import io.serverhardening.Route;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

import org.springframework.http.HttpMethod;
import org.springframework.http.server.PathContainer;
import org.springframework.web.util.pattern.PathPattern;
import org.springframework.web.util.pattern.PathPatternParser;

/**
 * What it costs to match a request against 100 routes, beside asking every pattern.
 */
@State(Scope.Benchmark)
@BenchmarkMode(org.openjdk.jmh.annotations.Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 5, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(2)
public class RouteTableBenchmark {

	/** The path of the request: literal, with a variable, deep, and nobody's. */
	@Param({ "/service42/orders", "/service42/orders/4711", "/service42/files/a/b/c/d/e/f", "/other/path" })
	private String path;

	private RouteTable table;

	private List<PathPattern> patterns;

	private PathContainer request;

	/**
	 * Compile 100 routes.
	 */
	@Setup
	public void compile() {
		PathPatternParser parser = PathPatternParser.defaultInstance;
		List<RoutePolicy> policies = new ArrayList<>();
		this.patterns = new ArrayList<>();
		for (int i = 0; i < 100; i++) {
			String path = "/service" + (i / 2) + ((i % 2 == 0) ? "/orders/{id}" : "/files/**");
			policies.add(new RoutePolicy(new Route("route" + i, path, Set.of()), List.of()));
			this.patterns.add(parser.parse(path));
		}
		RoutePolicy fallback = new RoutePolicy(new Route("default", "/**", Set.of()), List.of());
		this.table = RouteTable.compile(fallback, policies, parser, (id) -> new RouteActivity());
		this.request = PathContainer.parsePath(this.path);
	}

	/**
	 * Match with the table.
	 * @return the match
	 */
	@Benchmark
	public Object table() {
		return this.table.match(this.request, HttpMethod.GET);
	}

	/**
	 * Ask every pattern.
	 * @return the match
	 */
	@Benchmark
	public Object everyPattern() {
		for (PathPattern pattern : this.patterns) {
			if (pattern.matches(this.request)) {
				return pattern;
			}
		}
		return this;
	}

}
