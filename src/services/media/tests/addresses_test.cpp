#include "services/media/addresses.hpp"

#include <gtest/gtest.h>

namespace ruck::photos {
namespace {
using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

const UtcUs kNow = utc_us(1'763'800'000'000'000);

PhotoId photo(std::uint8_t number) {
  Uuid::Bytes bytes{};
  bytes[15] = number;
  return PhotoId(Uuid(bytes));
}
UserId user(std::uint8_t number) { return UserId(photo(number).value()); }
std::string query_of(const std::string& address) { return address.substr(address.find('?') + 1); }

const Addresses kAddresses({.public_url = "https://ruck.example.org", .key = std::string(32, 'k')});

TEST(Addresses, ASignedAddressSaysForWhomAndUntilWhen) {
  const std::string address = kAddresses.signed_for(user(1), photo(2), "large.jpg", kNow);
  EXPECT_TRUE(address.starts_with(
      "https://ruck.example.org/media/00000000-0000-0000-0000-000000000002/large.jpg?v="));
  const auto found = kAddresses.check(photo(2), Signed::kPhoto, query_of(address), kNow);
  ASSERT_TRUE(found);
  EXPECT_EQ(found->viewer, user(1));
  EXPECT_GE(found->until, kNow + hours(1));
  EXPECT_LE(found->until, kNow + hours(7) + seconds(1));
}

TEST(Addresses, ItIsGoodUntilItsEndAndNotAMomentLonger) {
  const std::string query = query_of(kAddresses.signed_for(user(1), photo(2), "large.jpg", kNow));
  const UtcUs end(seconds(end_of_signature(kNow)));
  EXPECT_TRUE(kAddresses.check(photo(2), Signed::kPhoto, query, end - seconds(1)));
  EXPECT_FALSE(kAddresses.check(photo(2), Signed::kPhoto, query, end));
}

TEST(Addresses, NothingOfItCanBeExchanged) {
  const std::string query = query_of(kAddresses.signed_for(user(1), photo(2), "large.jpg", kNow));
  EXPECT_FALSE(kAddresses.check(photo(3), Signed::kPhoto, query, kNow)) << "another photo";
  EXPECT_FALSE(kAddresses.check(photo(2), Signed::kOriginal, query, kNow)) << "the original";
  const std::string original = query_of(kAddresses.signed_for(user(1), photo(2), "original", kNow));
  EXPECT_TRUE(kAddresses.check(photo(2), Signed::kOriginal, original, kNow));
  EXPECT_FALSE(kAddresses.check(photo(2), Signed::kPhoto, original, kNow));
  const auto with = [&](const std::string& from, const std::string& to) {
    std::string other = query;
    const std::size_t at = other.find(from);
    EXPECT_NE(at, std::string::npos);
    return other.replace(at, from.size(), to);
  };
  const std::string end = std::to_string(end_of_signature(kNow));
  const std::string later = std::to_string(end_of_signature(kNow) + 3600);
  EXPECT_FALSE(kAddresses.check(photo(2), Signed::kPhoto, with("e=" + end, "e=" + later), kNow));
  EXPECT_FALSE(kAddresses.check(photo(2), Signed::kPhoto, with("0001&", "0004&"), kNow));
  EXPECT_FALSE(kAddresses.check(photo(2), Signed::kPhoto, with("&s=", "&s=A"), kNow));
  EXPECT_FALSE(kAddresses.check(photo(2), Signed::kPhoto, with("&s=", "&x="), kNow));
  EXPECT_FALSE(kAddresses.check(photo(2), Signed::kPhoto, "", kNow));
  const Addresses other_server({.public_url = "", .key = std::string(32, 'x')});
  EXPECT_FALSE(other_server.check(photo(2), Signed::kPhoto, query, kNow));
}

TEST(Addresses, AnAddressStaysTheSameForHours) {
  const auto at = [](UtcUs now) {
    return kAddresses.signed_for(user(1), photo(2), "small.jpg", now);
  };
  int changes = 0;
  for (int minute = 1; minute <= 24 * 60; ++minute) {
    changes += at(kNow + minutes(minute)) == at(kNow + minutes(minute - 1)) ? 0 : 1;
  }
  EXPECT_EQ(changes, 4) << "in a day";
}

TEST(Addresses, WithoutAPublicUrlTheyArePaths) {
  const Addresses paths({.public_url = "", .key = std::string(32, 'k')});
  EXPECT_EQ(paths.open(photo(2), "small.jpg"),
            "/media/00000000-0000-0000-0000-000000000002/small.jpg");
}

TEST(Addresses, AQueryWithAnyPartOfASignatureIsMeantToBeSigned) {
  EXPECT_TRUE(Addresses::is_signed("v=x"));
  EXPECT_TRUE(Addresses::is_signed("a=1&e=5"));
  EXPECT_TRUE(Addresses::is_signed("s=x"));
  EXPECT_FALSE(Addresses::is_signed(""));
  EXPECT_FALSE(Addresses::is_signed("fbclid=1"));
}

}  // namespace
}  // namespace ruck::photos
