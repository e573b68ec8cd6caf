package io.serverhardening.route.chain;

import org.springframework.web.server.WebFilterChain;

/**
 * The filters behind the edge.
 *
 * @param all all of them
 * @param others those that belong to no later stage, for requests that have no guards
 * there
 */
public record FiltersBehind(WebFilterChain all, WebFilterChain others) {

}
