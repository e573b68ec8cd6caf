/**
 * Bodies that are produced as fast as their clients take them.
 */
@NullMarked
package io.serverhardening.response.body;

import org.jspecify.annotations.NullMarked;
