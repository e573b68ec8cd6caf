/**
 * Whom to believe about an address: who is behind a request, past the proxies that are
 * trusted.
 */
@NullMarked
package io.serverhardening.client;

import org.jspecify.annotations.NullMarked;
