#include "http/client/address_rules.hpp"

#include <gtest/gtest.h>

namespace ruck::http {
namespace {

bool is_public(const char* text) {
  const auto bytes = parse_address(text);
  EXPECT_TRUE(bytes) << text;
  return bytes && is_public_address(*bytes);
}

TEST(AddressRules, WhatTheWholeInternetReachesIsPublic) {
  for (const char* address : {"8.8.8.8",
                              "1.1.1.1",
                              "93.184.216.34",
                              "100.63.255.255",
                              "100.128.0.0",
                              "172.15.255.255",
                              "172.32.0.0",
                              "192.167.255.255",
                              "192.169.0.0",
                              "198.17.255.255",
                              "198.20.0.0",
                              "168.63.129.15",
                              "223.255.255.255",
                              "2606:4700:4700::1111",
                              "2a00:1450:4001:80b::200a",
                              "2001:4860:4860::8888",
                              "2001:200::1",
                              "2600::",
                              "3ffe::1",
                              "::ffff:8.8.8.8",
                              "64:ff9b::8.8.8.8"}) {
    EXPECT_TRUE(is_public(address)) << address;
  }
}

TEST(AddressRules, WhatIsInsideANetworkIsNot) {
  for (const char* address :
       {"0.0.0.0",         "0.1.2.3",         "10.0.0.1",        "10.255.255.255", "100.64.0.1",
        "100.127.255.255", "127.0.0.1",       "127.255.255.255", "169.254.0.1",    "172.16.0.1",
        "172.31.255.255",  "192.0.0.8",       "192.0.2.1",       "192.88.99.1",    "192.168.0.1",
        "192.168.255.255", "198.18.0.1",      "198.19.255.255",  "198.51.100.7",   "203.0.113.9",
        "224.0.0.1",       "239.255.255.250", "240.0.0.1",       "255.255.255.255"}) {
    EXPECT_FALSE(is_public(address)) << address;
  }
}

TEST(AddressRules, NorIsTheMetadataOfAnyCloud) {
  for (const char* address :
       {"169.254.169.254", "169.254.170.2", "fd00:ec2::254", "100.100.100.200", "168.63.129.16",
        "192.0.0.192", "fe80::a9fe:a9fe"}) {
    EXPECT_FALSE(is_public(address)) << address;
  }
}

TEST(AddressRules, NorAnIpv6AddressOfThatKind) {
  for (const char* address :
       {"::", "::1", "fe80::1", "febf::1", "fec0::1", "fc00::1", "fd12:3456::1", "ff02::1",
        "ff0e::1", "2001:db8::1", "3fff::1", "2001:2::1", "2001:10::1", "2001:20::1", "100::1",
        "5f00::1", "4000::1", "1fff::1", "64:ff9b:1::8.8.8.8"}) {
    EXPECT_FALSE(is_public(address)) << address;
  }
}

TEST(AddressRules, NorOneThatCarriesAnIpv4AddressOfThatKind) {
  for (const char* address :
       {"::ffff:127.0.0.1", "::ffff:10.0.0.1", "::ffff:a9fe:a9fe", "::127.0.0.1", "::8.8.8.8",
        "64:ff9b::127.0.0.1", "64:ff9b::169.254.169.254", "64:ff9b::192.168.1.1",
        "2002:7f00:1::", "2002:a9fe:a9fe::1",
        "2002:808:808::", "2001:0:7f00:1::", "2001:0:4136:e378:8000:63bf:80ff:fffe"}) {
    EXPECT_FALSE(is_public(address)) << address;
  }
}

}  // namespace
}  // namespace ruck::http
