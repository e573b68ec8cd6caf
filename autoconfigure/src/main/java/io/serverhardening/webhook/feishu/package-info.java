/**
 * Feishu, and Lark, as a sender.
 */
@NullMarked
package io.serverhardening.webhook.feishu;

import org.jspecify.annotations.NullMarked;
