/**
 * Messages that WeChat pushes to an official account.
 */
@NullMarked
package io.serverhardening.sample.wechat;

import org.jspecify.annotations.NullMarked;
