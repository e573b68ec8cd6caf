package io.serverhardening.client;

import java.net.InetSocketAddress;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

import io.serverhardening.ClientAddress;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

import org.springframework.mock.http.server.reactive.MockServerHttpRequest;

import static org.assertj.core.api.Assertions.assertThat;

/**
 * Who is behind a request, and who only says so.
 */
class ForwardedClientAddressResolverTests {

	private static final String PROXY = "10.0.0.2";

	private final ForwardedClientAddressResolver resolver = new ForwardedClientAddressResolver(
			new ClientPolicy(List.of(CidrBlock.of("10.0.0.0/8"), CidrBlock.of("2001:db8:1::/48")), 64), false);

	private String resolve(String peer, MockServerHttpRequest.BaseBuilder<?> request) {
		ClientAddress client = this.resolver.resolve(request.remoteAddress(new InetSocketAddress(peer, 4711)).build());
		return (client != null) ? client.address().getHostAddress() : "nobody";
	}

	private String forwardedFor(String... lines) {
		return resolve(PROXY, MockServerHttpRequest.get("/").header("X-Forwarded-For", lines));
	}

	private String forwarded(String... lines) {
		return resolve(PROXY, MockServerHttpRequest.get("/").header("Forwarded", lines));
	}

	@Test
	void withoutHeadersThePeerIsTheClient() {
		assertThat(resolve("203.0.113.7", MockServerHttpRequest.get("/"))).isEqualTo("203.0.113.7");
		assertThat(resolve(PROXY, MockServerHttpRequest.get("/"))).isEqualTo(PROXY);
	}

	private String both(String forwarded, String forwardedFor) {
		return resolve(PROXY,
				MockServerHttpRequest.get("/").header("Forwarded", forwarded).header("X-Forwarded-For", forwardedFor));
	}

	@Test
	void aHeaderThatCameAloneIsTheProxysAndTheOtherIsTheClients() {
		assertThat(both("for=1.2.3.4", "198.51.100.9")).isEqualTo("nobody");
		assertThat(forwardedFor("198.51.100.7")).isEqualTo("198.51.100.7");
		assertThat(both("for=1.2.3.4", "198.51.100.9")).isEqualTo("198.51.100.9");
		assertThat(both("for=unknown", "198.51.100.9")).isEqualTo("198.51.100.9");
		assertThat(this.resolver.contradictoryCount()).isEqualTo(3);
		assertThat(forwarded("for=198.51.100.7")).isEqualTo("198.51.100.7");
		assertThat(both("for=1.2.3.4", "198.51.100.9")).as("two kinds of proxies").isEqualTo("nobody");
	}

	@Test
	void aProxyThatWritesForwardedIsBelievedWhatItWrites() {
		assertThat(forwarded("for=198.51.100.7")).isEqualTo("198.51.100.7");
		assertThat(both("for=198.51.100.9", "1.2.3.4")).isEqualTo("198.51.100.9");
	}

	@Test
	void whoIsNotTrustedTeachesNothing() {
		resolve("203.0.113.7", MockServerHttpRequest.get("/").header("X-Forwarded-For", "1.2.3.4"));
		resolve(PROXY, MockServerHttpRequest.get("/"));
		assertThat(both("for=1.2.3.4", "198.51.100.9")).isEqualTo("nobody");
	}

	@Test
	void anUntrustedPeerIsNotBelieved() {
		assertThat(resolve("203.0.113.7", MockServerHttpRequest.get("/").header("X-Forwarded-For", "1.2.3.4")))
			.isEqualTo("203.0.113.7");
		assertThat(resolve("203.0.113.7", MockServerHttpRequest.get("/").header("Forwarded", "for=1.2.3.4")))
			.isEqualTo("203.0.113.7");
		assertThat(this.resolver.untrustedCount()).isEqualTo(2);
	}

	@ParameterizedTest
	@CsvSource(delimiter = '|',
			value = { "198.51.100.9 | 198.51.100.9", "1.2.3.4, 198.51.100.9 | 198.51.100.9",
					"198.51.100.9, 10.0.0.3 | 198.51.100.9", "6.6.6.6, 198.51.100.9, 10.0.0.3, 10.0.0.4 | 198.51.100.9",
					"10.0.0.9 | 10.0.0.9", "198.51.100.9:4711 | 198.51.100.9",
					"[2001:db8::1]:443 | 2001:db8:0:0:0:0:0:1", "[2001:db8::1] | 2001:db8:0:0:0:0:0:1",
					"2001:db8::1 | 2001:db8:0:0:0:0:0:1", "::ffff:198.51.100.9 | 198.51.100.9",
					"198.51.100.9 ,  10.0.0.3 | 198.51.100.9", "198.51.100.9, 2001:db8:1::5 | 198.51.100.9" })
	void readsForwardedForFromRightToLeft(String header, String expected) {
		assertThat(forwardedFor(header)).isEqualTo(expected);
	}

	@ParameterizedTest
	@ValueSource(strings = { "unknown", "_hidden", "", ",", "localhost", "198.51.100.9, unknown", "1.2.3.4, evil.com",
			"198.51.100.9,", "1.2.3.4;", "[::1", "[::1]x", "[::1]:", "1.2.3.4:port", "010.1.1.1", "1.2.3.4:123456",
			"fe80::1%eth0", "[]", ":", "::::", "0x7f000001", "2130706433", ".::1", "[.::1]",
			"1.2.3.4, unknown, 10.0.0.3" })
	void whereAProxyNamesNobodyThereIsNoClient(String header) {
		assertThat(forwardedFor(header)).isEqualTo("nobody");
	}

	@Test
	void severalLinesAreOne() {
		assertThat(forwardedFor("1.2.3.4", "198.51.100.9, 10.0.0.3", "10.0.0.4")).isEqualTo("198.51.100.9");
	}

	@ParameterizedTest
	@CsvSource(delimiter = '|', quoteCharacter = '\'',
			value = { "for=198.51.100.9 | 198.51.100.9", "For=\"198.51.100.9:4711\" | 198.51.100.9",
					"for=\"[2001:db8::1]:4711\" | 2001:db8:0:0:0:0:0:1",
					"for=1.2.3.4, for=198.51.100.9;proto=https;by=10.0.0.2 | 198.51.100.9",
					"proto=https; for=198.51.100.9 | 198.51.100.9", "for=198.51.100.9, for=10.0.0.3 | 198.51.100.9",
					"for=\"a, for=6.6.6.6\", for=198.51.100.9 | 198.51.100.9", "for=unknown | nobody",
					"for=_secret | nobody", "proto=https | nobody", "for=198.51.100.9, proto=https | nobody",
					"for=\"198.51.100.9 | nobody", "host=a,for=6.6.6.6;proto=http;for=\"198.51.100.9:1\" | nobody",
					"host=\"a\\\",for=6.6.6.6;x=\\\"\";for=198.51.100.9 | nobody",
					"host=\"a;for=6.6.6.6\";for=198.51.100.9 | 198.51.100.9" })
	void readsForwardedFromRightToLeft(String header, String expected) {
		assertThat(forwarded(header)).isEqualTo(expected);
	}

	@Test
	void twoHeadersThatNameDifferentClientsAreNotBelieved() {
		assertThat(resolve(PROXY,
				MockServerHttpRequest.get("/")
					.header("X-Forwarded-For", "198.51.100.9")
					.header("Forwarded", "for=6.6.6.6")))
			.isEqualTo("nobody");
		assertThat(this.resolver.contradictoryCount()).isEqualTo(1);
		assertThat(resolve(PROXY,
				MockServerHttpRequest.get("/")
					.header("X-Forwarded-For", "198.51.100.9")
					.header("Forwarded", "for=198.51.100.9")))
			.isEqualTo("198.51.100.9");
	}

	@Test
	void doesNotWalkForEver() {
		String hops = IntStream.range(0, 800)
			.mapToObj((i) -> "10." + (i / 256) + "." + (i % 256) + ".1")
			.collect(Collectors.joining(","));
		assertThat(forwardedFor("1.2.3.4," + hops)).isEqualTo("nobody");
	}

	@Test
	void anIpv6ClientIsItsNetwork() {
		ClientAddress client = this.resolver.resolve(
				MockServerHttpRequest.get("/").remoteAddress(new InetSocketAddress("2001:db8:0:7:a:b:c:d", 1)).build());
		assertThat(client).isNotNull();
		assertThat(client.address().getHostAddress()).isEqualTo("2001:db8:0:7:a:b:c:d");
		assertThat(client.key().getHostAddress()).isEqualTo("2001:db8:0:7:0:0:0:0");
		ClientAddress ipv4 = this.resolver
			.resolve(MockServerHttpRequest.get("/").remoteAddress(new InetSocketAddress("203.0.113.7", 1)).build());
		assertThat(ipv4).isNotNull();
		assertThat(ipv4.key()).isEqualTo(ipv4.address());
	}

	@Test
	void masksEveryPrefix() {
		byte[] all = new byte[16];
		Arrays.fill(all, (byte) 0xff);
		for (int prefix = 1; prefix <= 128; prefix++) {
			byte[] masked = IpAddress
				.mask(java.util.Objects.requireNonNull(IpAddress.parse("ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff")),
						prefix)
				.getAddress();
			assertThat(new java.math.BigInteger(1, masked).bitCount()).isEqualTo(prefix);
		}
	}

	@Test
	void whereSomeoneMayHaveRewrittenTheRequestThereIsNoClient() {
		ForwardedClientAddressResolver elsewhere = new ForwardedClientAddressResolver(new ClientPolicy(List.of(), 64),
				true);
		assertThat(elsewhere
			.resolve(MockServerHttpRequest.get("/").remoteAddress(new InetSocketAddress("6.6.6.6", 1)).build()))
			.isNull();
	}

	@Test
	void withoutAnAddressThereIsNoClient() {
		assertThat(this.resolver.resolve(MockServerHttpRequest.get("/").build())).isNull();
	}

}
