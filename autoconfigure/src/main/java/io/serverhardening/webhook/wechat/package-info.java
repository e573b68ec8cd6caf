/**
 * WeChat and WeChat Pay as senders.
 */
@NullMarked
package io.serverhardening.webhook.wechat;

import org.jspecify.annotations.NullMarked;
