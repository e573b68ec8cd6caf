package io.serverhardening;

import java.net.InetAddress;

/**
 * Who a request comes from.
 *
 * @param address the address of the client, past the proxies that are trusted
 * @param key what the client is counted by: the address itself for IPv4, its network of
 * {@code server.hardening.client.ipv6-prefix} bits for IPv6, because whoever holds one
 * IPv6 address usually holds the whole network
 */
public record ClientAddress(InetAddress address, InetAddress key) {

}
