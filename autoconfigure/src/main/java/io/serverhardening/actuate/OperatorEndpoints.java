package io.serverhardening.actuate;

import java.util.Collection;
import java.util.List;
import java.util.function.Supplier;

import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Scheduler;

import org.springframework.boot.actuate.endpoint.Access;
import org.springframework.boot.actuate.endpoint.EndpointId;
import org.springframework.boot.actuate.endpoint.InvocationContext;
import org.springframework.boot.actuate.endpoint.OperationType;
import org.springframework.boot.actuate.endpoint.web.ExposableWebEndpoint;
import org.springframework.boot.actuate.endpoint.web.WebEndpointsSupplier;
import org.springframework.boot.actuate.endpoint.web.WebOperation;
import org.springframework.boot.actuate.endpoint.web.WebOperationRequestPredicate;
import org.springframework.boot.actuate.endpoint.web.WebServerNamespace;

/**
 * The endpoints of the application, whose blocking operations run on threads of the
 * starter's own. To Spring Boot they do not block any more.
 */
final class OperatorEndpoints implements WebEndpointsSupplier {

	private final WebEndpointsSupplier endpoints;

	private final Supplier<Scheduler> scheduler;

	private @Nullable List<ExposableWebEndpoint> adapted;

	OperatorEndpoints(WebEndpointsSupplier endpoints, Supplier<Scheduler> scheduler) {
		this.endpoints = endpoints;
		this.scheduler = scheduler;
	}

	@Override
	public synchronized Collection<ExposableWebEndpoint> getEndpoints() {
		List<ExposableWebEndpoint> adapted = this.adapted;
		if (adapted == null) {
			adapted = this.endpoints.getEndpoints().stream().map(this::adapt).toList();
			this.adapted = adapted;
		}
		return adapted;
	}

	private ExposableWebEndpoint adapt(ExposableWebEndpoint endpoint) {
		if (endpoint.getOperations().stream().noneMatch(WebOperation::isBlocking)) {
			return endpoint;
		}
		Scheduler scheduler = this.scheduler.get();
		return new Endpoint(endpoint,
				endpoint.getOperations()
					.stream()
					.map((operation) -> operation.isBlocking() ? new Operation(operation, scheduler) : operation)
					.toList());
	}

	/**
	 * An endpoint with other operations.
	 */
	private static final class Endpoint implements ExposableWebEndpoint {

		private final ExposableWebEndpoint endpoint;

		private final List<WebOperation> operations;

		Endpoint(ExposableWebEndpoint endpoint, List<WebOperation> operations) {
			this.endpoint = endpoint;
			this.operations = operations;
		}

		@Override
		public EndpointId getEndpointId() {
			return this.endpoint.getEndpointId();
		}

		@Override
		@SuppressWarnings({ "deprecation", "removal" })
		public boolean isEnableByDefault() {
			return getDefaultAccess() != Access.NONE;
		}

		@Override
		public Access getDefaultAccess() {
			return this.endpoint.getDefaultAccess();
		}

		@Override
		public Collection<WebOperation> getOperations() {
			return this.operations;
		}

		@Override
		public String getRootPath() {
			return this.endpoint.getRootPath();
		}

		@Override
		public List<String> getAdditionalPaths(WebServerNamespace namespace) {
			return this.endpoint.getAdditionalPaths(namespace);
		}

	}

	/**
	 * An operation on another thread.
	 */
	private static final class Operation implements WebOperation {

		private final WebOperation operation;

		private final Scheduler scheduler;

		Operation(WebOperation operation, Scheduler scheduler) {
			this.operation = operation;
			this.scheduler = scheduler;
		}

		@Override
		public String getId() {
			return this.operation.getId();
		}

		@Override
		public OperationType getType() {
			return this.operation.getType();
		}

		@Override
		public boolean isBlocking() {
			return false;
		}

		@Override
		public WebOperationRequestPredicate getRequestPredicate() {
			return this.operation.getRequestPredicate();
		}

		@Override
		public Object invoke(InvocationContext context) {
			return Mono.fromCallable(() -> this.operation.invoke(context)).subscribeOn(this.scheduler);
		}

		@Override
		public String toString() {
			return this.operation.toString();
		}

	}

}
