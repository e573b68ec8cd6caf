/**
 * What the handlers have done, counted: the side effects of this back end.
 */
@NullMarked
package io.serverhardening.sample.ledger;

import org.jspecify.annotations.NullMarked;
