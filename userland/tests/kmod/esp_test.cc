// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <cstdint>
#include <vector>

extern "C" {
#include "esp.h"
}

namespace {

constexpr awtun_esp kGcm8{8, 8, 4};
constexpr awtun_esp kGcm12{8, 12, 4};
constexpr awtun_esp kGcm16{8, 16, 4};
constexpr awtun_esp kCbcSha1{16, 12, 16};
constexpr awtun_esp kCbcSha256{16, 16, 16};
constexpr awtun_esp kCbcSha512{16, 32, 16};
constexpr awtun_esp kSuites[] = {kGcm8, kGcm12, kGcm16, kCbcSha1, kCbcSha256, kCbcSha512};

unsigned packet_len(const awtun_esp& esp, unsigned inner) {
  return AWTUN_ESP_HDR_LEN + esp.iv_len + inner + awtun_esp_trailer_len(&esp, inner) + esp.icv_len;
}

struct Trailer {
  awtun_esp esp;
  unsigned inner;
  std::vector<std::uint8_t> octets;
};

class EspTrailer : public testing::TestWithParam<Trailer> {};

TEST_P(EspTrailer, IsWrittenAsTheTableSaysAndReadBack) {
  const Trailer& test = GetParam();
  const unsigned len = awtun_esp_trailer_len(&test.esp, test.inner);
  ASSERT_EQ(len, test.octets.size());

  std::vector<std::uint8_t> plain(test.inner + len, 0xee);
  awtun_esp_fill_trailer(plain.data() + test.inner, len, 4);
  EXPECT_EQ(std::vector<std::uint8_t>(plain.begin() + test.inner, plain.end()), test.octets);

  unsigned inner = 0;
  std::uint8_t next_header = 0;
  ASSERT_TRUE(
      awtun_esp_parse_trailer(plain.data(), static_cast<unsigned>(plain.size()), &inner, &next_header));
  EXPECT_EQ(inner, test.inner);
  EXPECT_EQ(next_header, 4);
}

INSTANTIATE_TEST_SUITE_P(
    Esp, EspTrailer,
    testing::Values(Trailer{kGcm16, 20, {1, 2, 2, 4}}, Trailer{kGcm16, 21, {1, 1, 4}},
                    Trailer{kGcm16, 22, {0, 4}}, Trailer{kGcm16, 23, {1, 2, 3, 3, 4}},
                    Trailer{kCbcSha256, 30, {0, 4}}, Trailer{kCbcSha256, 28, {1, 2, 2, 4}},
                    Trailer{kCbcSha256, 31, {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 15, 4}}));

TEST(Esp, EveryLengthIsPaddedToWholeBlocksAndValid) {
  for (const awtun_esp& esp : kSuites)
    for (unsigned inner = 0; inner < 2000; ++inner) {
      const unsigned trailer = awtun_esp_trailer_len(&esp, inner);
      ASSERT_EQ((inner + trailer) % esp.align, 0U);
      ASSERT_GE(trailer, 2U);
      ASSERT_LT(trailer, 2U + esp.align);
      ASSERT_LE(trailer + esp.icv_len, static_cast<unsigned>(AWTUN_ESP_TAIL_MAX));
      ASSERT_TRUE(awtun_esp_len_valid(&esp, packet_len(esp, inner)));
    }
}

TEST(Esp, OtherLengthsAreRefused) {
  for (const awtun_esp& esp : kSuites) {
    const unsigned shortest = AWTUN_ESP_HDR_LEN + esp.iv_len + esp.align + esp.icv_len;
    for (unsigned len = 0; len < 400; ++len)
      ASSERT_EQ(awtun_esp_len_valid(&esp, len), len >= shortest && (len - shortest) % esp.align == 0) << len;
  }
}

TEST(Esp, PadLongerThanThePacketIsRefused) {
  for (unsigned pad = 0; pad < 256; ++pad) {
    std::vector<std::uint8_t> plain(16);
    for (unsigned i = 0; i < 14; ++i) plain[13 - i] = static_cast<std::uint8_t>(pad - i);
    plain[14] = static_cast<std::uint8_t>(pad);
    unsigned inner = 0;
    std::uint8_t next_header = 0;
    ASSERT_EQ(awtun_esp_parse_trailer(plain.data(), 16, &inner, &next_header), pad <= 14) << pad;
    if (pad <= 14) {
      ASSERT_EQ(inner, 14 - pad);
    }
  }
}

TEST(Esp, LongestPadIsAccepted) {
  std::vector<std::uint8_t> plain(260, 0xee);
  awtun_esp_fill_trailer(plain.data() + 3, 257, 41);
  unsigned inner = 0;
  std::uint8_t next_header = 0;
  ASSERT_TRUE(awtun_esp_parse_trailer(plain.data(), 260, &inner, &next_header));
  EXPECT_EQ(inner, 3U);
  EXPECT_EQ(next_header, 41);
}

TEST(Esp, EveryWrongOctetOfThePadIsSeen) {
  for (unsigned at = 0; at < 14; ++at) {
    std::vector<std::uint8_t> plain(16);
    awtun_esp_fill_trailer(plain.data(), 16, 4);
    plain[at] = static_cast<std::uint8_t>(plain[at] ^ 0x80);
    unsigned inner = 0;
    std::uint8_t next_header = 0;
    EXPECT_FALSE(awtun_esp_parse_trailer(plain.data(), 16, &inner, &next_header)) << at;
  }
}

TEST(Esp, MtuIsTheLongestPacketThatFits) {
  for (const awtun_esp& esp : kSuites)
    for (unsigned outer : {20U, 40U})
      for (unsigned path = 0; path < 2000; ++path) {
        const unsigned mtu = awtun_esp_mtu(&esp, path, outer);
        if (mtu == 0) {
          ASSERT_GT(outer + packet_len(esp, 1), path);
          continue;
        }
        ASSERT_LE(outer + packet_len(esp, mtu), path);
        ASSERT_GT(outer + packet_len(esp, mtu + 1), path);
      }
}

TEST(Esp, MtuOfEthernet) {
  EXPECT_EQ(awtun_esp_mtu(&kGcm16, 1500, 20), 1446U);
  EXPECT_EQ(awtun_esp_mtu(&kGcm16, 1500, 40), 1426U);
  EXPECT_EQ(awtun_esp_mtu(&kCbcSha256, 1500, 20), 1438U);
  EXPECT_EQ(awtun_esp_mtu(&kCbcSha1, 1500, 20), 1438U);
  EXPECT_EQ(awtun_esp_mtu(&kCbcSha512, 1280, 40), 1182U);
}

}  // namespace
