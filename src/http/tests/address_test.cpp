#include "http/address.hpp"

#include <gtest/gtest.h>

namespace ruck::http {
namespace {

TrustedProxies proxies(ProxyHeader header = ProxyHeader::kAuto) {
  TrustedProxies out = *TrustedProxies::parse("10.0.0.0/8, 2001:db8:ffff::/48");
  out.set_header(header);
  return out;
}
std::string client(const ForwardedFields& fields, const std::string& peer = "10.0.0.1") {
  return proxies().client_of(peer, fields).address;
}
std::string forwarded_for(std::string_view list) { return client({.forwarded_for = list}); }
std::string forwarded(std::string_view list) { return client({.forwarded = list}); }

TEST(Address, NobodyButATrustedProxyIsBelieved) {
  EXPECT_EQ(client({.forwarded_for = "192.0.2.1"}, "198.51.100.1"), "198.51.100.1");
  EXPECT_EQ(client({.forwarded = "for=192.0.2.1"}, "198.51.100.1"), "198.51.100.1");
  EXPECT_EQ(client({.forwarded_for = "192.0.2.1"}), "192.0.2.1");
  EXPECT_FALSE(proxies().client_of("198.51.100.1", {.forwarded_proto = "https"}).is_secure);
}

TEST(Address, TheChainIsReadFromItsEndPastOurOwnProxies) {
  EXPECT_EQ(forwarded_for("6.6.6.6, 192.0.2.1"), "192.0.2.1");
  EXPECT_EQ(forwarded_for("6.6.6.6, 192.0.2.1, 10.9.9.9"), "192.0.2.1");
  EXPECT_EQ(forwarded_for("6.6.6.6,192.0.2.1 ,\t10.9.9.9:80"), "192.0.2.1");
  EXPECT_EQ(forwarded_for("10.2.2.2"), "10.2.2.2") << "all of them ours";
  EXPECT_EQ(forwarded_for("192.0.2.1, 2001:db8:ffff::5"), "192.0.2.1");
}

TEST(Address, PortsAndBracketsAreNoPartOfIt) {
  EXPECT_EQ(forwarded_for("192.0.2.1:4711"), "192.0.2.1");
  EXPECT_EQ(forwarded_for("2001:db8::1"), "2001:db8::1");
  EXPECT_EQ(forwarded_for("[2001:db8::1]"), "2001:db8::1");
  EXPECT_EQ(forwarded_for("[2001:DB8:0::1]:4711"), "2001:db8::1") << "written in one way";
  EXPECT_EQ(forwarded_for("::ffff:192.0.2.1"), "192.0.2.1");
}

TEST(Address, WhatIsNoAddressEndsTheChain) {
  for (const std::string_view odd :
       {"unknown", "_hidden", "", " ", "192.0.2.1:x", "192.0.2.1:99999", "[192.0.2.1]",
        "[2001:db8::1", "[2001:db8::1]x", "1.2.3", "example.org", "fe80::1%eth0", "192.0.2.1;x"}) {
    const std::string list = "6.6.6.6, " + std::string(odd) + ", 10.3.3.3";
    EXPECT_EQ(forwarded_for(list), "10.3.3.3") << odd;
    const std::string last = "6.6.6.6," + std::string(odd);
    EXPECT_EQ(forwarded_for(last), "10.0.0.1") << odd;
  }
  EXPECT_EQ(forwarded("for=6.6.6.6,"), "10.0.0.1");
  EXPECT_EQ(forwarded("for=6.6.6.6, , for=10.3.3.3"), "10.3.3.3");
}

TEST(Address, TheStandardFieldIsReadAsRfc7239WritesIt) {
  EXPECT_EQ(forwarded("for=192.0.2.43"), "192.0.2.43");
  EXPECT_EQ(forwarded("For=\"[2001:db8:cafe::17]:4711\""), "2001:db8:cafe::17");
  EXPECT_EQ(forwarded("for=192.0.2.60;proto=http;by=203.0.113.43"), "192.0.2.60");
  EXPECT_EQ(forwarded("by=1.1.1.1; FOR = 192.0.2.60 ;host=\"a;b,c\\\"d\""), "192.0.2.60");
  EXPECT_EQ(forwarded("for=6.6.6.6, for=192.0.2.43, for=\"10.1.1.1:80\""), "192.0.2.43");
  EXPECT_EQ(forwarded("for=6.6.6.6, for=unknown"), "10.0.0.1");
  EXPECT_EQ(forwarded("for=6.6.6.6, proto=https"), "10.0.0.1") << "a proxy that names nobody";
  EXPECT_EQ(forwarded("x=\"\\\", for=6.6.6.6\", for=192.0.2.43"), "192.0.2.43");
}

// The client's part is what a proxy adds to: an open quote there must not swallow what it adds.
TEST(Address, AnOpenQuoteOfTheClientsSwallowsNothing) {
  EXPECT_EQ(forwarded("for=\"6.6.6.6, for=192.0.2.43"), "192.0.2.43");
  EXPECT_EQ(forwarded("for=\"\\, for=192.0.2.43"), "192.0.2.43");
  EXPECT_EQ(forwarded("\", for=\"[2001:db8::1]:80\""), "2001:db8::1");
  EXPECT_EQ(forwarded_for("\"6.6.6.6, 192.0.2.43"), "192.0.2.43");
}

TEST(Address, OneOfTheFieldsCounts) {
  const ForwardedFields both{.forwarded_for = "192.0.2.1", .forwarded = "for=192.0.2.2"};
  EXPECT_EQ(proxies().client_of("10.0.0.1", both).address, "192.0.2.1");
  EXPECT_EQ(proxies(ProxyHeader::kForwarded).client_of("10.0.0.1", both).address, "192.0.2.2");
  const ForwardedFields one{.forwarded = "for=192.0.2.2"};
  EXPECT_EQ(proxies(ProxyHeader::kForwardedFor).client_of("10.0.0.1", one).address, "10.0.0.1");
}

TEST(Address, TheSchemeIsTheOneOfTheHopThatNamesTheClient) {
  const auto is_secure = [](const ForwardedFields& fields) {
    return proxies().client_of("10.0.0.1", fields).is_secure;
  };
  EXPECT_TRUE(is_secure({.forwarded_for = "192.0.2.1", .forwarded_proto = "https"}));
  EXPECT_TRUE(is_secure({.forwarded_proto = "HTTPS"}));
  EXPECT_FALSE(is_secure({.forwarded_for = "192.0.2.1", .forwarded_proto = "http"}));
  EXPECT_TRUE(is_secure({.forwarded_for = "192.0.2.1, 10.1.1.1", .forwarded_proto = "https, http"}))
      << "inside, our own proxies speak http";
  EXPECT_FALSE(is_secure({.forwarded_for = "192.0.2.1", .forwarded_proto = "https, http"}))
      << "the first word is the client's own";
  EXPECT_TRUE(is_secure({.forwarded = "for=192.0.2.1;proto=https, for=10.1.1.1;proto=http"}));
  EXPECT_FALSE(is_secure({.forwarded = "for=6.6.6.6;proto=https, for=192.0.2.1;proto=http"}));
}

TEST(Address, ACustomerOfIpv6IsAPrefix) {
  EXPECT_EQ(address_key("2001:db8:1:2:3:4:5:6"), "2001:db8:1:2::/64");
  EXPECT_EQ(address_key("2001:db8:1:2::9"), "2001:db8:1:2::/64");
  EXPECT_EQ(address_key("192.0.2.1"), "192.0.2.1");
  EXPECT_EQ(address_key("::ffff:192.0.2.1"), "192.0.2.1");
  EXPECT_EQ(address_key(""), "");
}

}  // namespace
}  // namespace ruck::http
