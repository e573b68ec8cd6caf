/**
 * What a handler answers: recorded while it is written, given to who came first, and
 * given again to copies.
 */
@NullMarked
package io.serverhardening.deduplication.answer;

import org.jspecify.annotations.NullMarked;
