package io.serverhardening.ratelimit;

import java.util.Collection;
import java.util.List;
import java.util.Locale;

import io.serverhardening.TierResolver;
import reactor.core.publisher.Mono;

import org.springframework.security.core.Authentication;
import org.springframework.security.core.GrantedAuthority;
import org.springframework.web.server.ServerWebExchange;

/**
 * Finds the tier in the authorities that Spring Security gives a principal:
 * {@code ROLE_PARTNER}, {@code SCOPE_partner} and {@code partner} all name the tier
 * {@code partner}. Of several the first tier that was configured counts.
 */
public final class AuthorityTierResolver implements TierResolver {

	private static final List<String> PREFIXES = List.of("role_", "scope_");

	private final Collection<String> tiers;

	/**
	 * Create the resolver.
	 * @param tiers the names of all tiers, in the order in which they are asked
	 */
	public AuthorityTierResolver(Collection<String> tiers) {
		this.tiers = List.copyOf(tiers);
	}

	@Override
	public Mono<String> resolve(ServerWebExchange exchange) {
		return exchange.getPrincipal().ofType(Authentication.class).mapNotNull(this::tier);
	}

	private String tier(Authentication authentication) {
		List<String> names = authentication.getAuthorities()
			.stream()
			.map(GrantedAuthority::getAuthority)
			.filter((authority) -> authority != null)
			.map(AuthorityTierResolver::withoutPrefix)
			.toList();
		return this.tiers.stream().filter(names::contains).findFirst().orElse("");
	}

	private static String withoutPrefix(String authority) {
		String name = authority.toLowerCase(Locale.ROOT);
		return PREFIXES.stream()
			.filter(name::startsWith)
			.findFirst()
			.map((prefix) -> name.substring(prefix.length()))
			.orElse(name);
	}

}
