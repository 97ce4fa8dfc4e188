// SPDX-License-Identifier: Apache-2.0
#include "userland/crypto/ike_cipher.h"

#include <gtest/gtest.h>

#include "userland/crypto/prf.h"
#include "userland/tests/crypto/vectors.h"

namespace awtun::crypto {
namespace {

IkeSuite cbc(std::uint16_t key_bits, IntegId integ) {
  return {EncrId::AesCbc, key_bits, integ, PrfId::HmacSha256, GroupId::Modp2048};
}

IkeSuite aead(EncrId encr, std::uint16_t key_bits) {
  return {encr, key_bits, IntegId::None, PrfId::HmacSha256, GroupId::Modp2048};
}

Bytes counted(std::size_t size, std::uint8_t start = 0) {
  Bytes octets(size);
  for (std::uint8_t& octet : octets) octet = start++;
  return octets;
}

/// A cipher with made-up keys of the right size.
IkeCipher make(const IkeSuite& suite) {
  const KeySizes sizes = *key_sizes(suite.encr, suite.key_bits, suite.integ);
  const Bytes key = counted(sizes.encryption + sizes.salt, 1);
  const Bytes integrity_key = counted(sizes.integrity, 101);
  return *IkeCipher::create(suite, key, integrity_key);
}

/// IV, ciphertext, ICV; empty when sealing failed.
Bytes seal(const IkeCipher& cipher, ByteView iv, ByteView prefix, ByteView plaintext) {
  Bytes body(cipher.sealed_size(plaintext.size()));
  if (!cipher.seal(iv, prefix, plaintext, body)) return {};
  return body;
}

const std::vector<IkeSuite>& all_suites() {
  static const std::vector<IkeSuite> suites = [] {
    std::vector<IkeSuite> all;
    for (const std::uint16_t bits : {std::uint16_t{128}, std::uint16_t{192}, std::uint16_t{256}}) {
      for (const auto integ :
           {IntegId::HmacSha1_96, IntegId::HmacSha256_128, IntegId::HmacSha384_192, IntegId::HmacSha512_256})
        all.push_back(cbc(bits, integ));
      for (const auto encr : {EncrId::AesGcm8, EncrId::AesGcm12, EncrId::AesGcm16})
        all.push_back(aead(encr, bits));
    }
    all.push_back(aead(EncrId::ChaCha20Poly1305, 256));
    return all;
  }();
  return suites;
}

// RFC 3602 4, cases 1 to 4. The plaintexts are whole blocks; the padding makes one block more.
TEST(IkeCipher, Rfc3602AesCbc) {
  const struct {
    std::string_view key, iv;
    Bytes plaintext;
    std::string_view ciphertext;
  } vectors[] = {
      {"06a9214036b8a15b512e03d534120006", "3dafba429d9eb430b422da802c9fac41", text("Single block msg"),
       "e353779c1079aeb82708942dbe77181a"},
      {"c286696d887c9aa0611bbb3e2025a45a", "562e17996d093d28ddb3ba695a2e6f58", counted(32),
       "d296cd94c2cccf8a3a863028b5e1dc0a7586602d253cfff91b8266bea6d61ab1"},
      {"6c3ea0477630ce21a2ce334aa746c2cd", "c782dc4c098c66cbd9cd27d825682c81",
       text("This is a 48-byte message (exactly 3 AES blocks)"),
       "d0a02b3836451753d493665d33f0e8862dea54cdb293abc7506939276772f8d5021c19216bad525c8579695d83ba2684"},
      {"56e47a38c5598974bc46903dba290349", "8ce82eefbea0da3c44699ed7db51b7d9", counted(64, 0xa0),
       "c30e32ffedc0774e6aff6af0869f71aa0f3af07a9a31a9c684db207eb0ef8e4e"
       "35907aa632c3ffdf868bb7b29d3d46ad83ce9f9a102ee99d49a53e87f4c3da55"},
  };
  for (const auto& v : vectors) {
    const auto cipher = IkeCipher::create(cbc(128, IntegId::HmacSha256_128), hex(v.key), Bytes(32));
    ASSERT_TRUE(cipher);
    const Bytes body = seal(*cipher, hex(v.iv), {}, v.plaintext);
    EXPECT_EQ(to_hex(ByteView(body).first(16)), v.iv);
    EXPECT_EQ(to_hex(ByteView(body).subspan(16, v.plaintext.size())), v.ciphertext);
  }
}

// draft-mcgrew-gcm-test-01: ESP packets under RFC 4106. `key` ends in the salt, `aad` is SPI and
// sequence number, `ciphertext` ends in an ICV of 16 octets. The plaintext's last octet, in ESP the
// next header, is the pad length for an SK payload.
const struct {
  std::string_view key, aad, iv, plaintext, ciphertext;
} kMcGrew[] = {
    {"4c80cdefbb5d10da906ac73c3613a6342e443b68", "000043218765432100000000", "4956ed7e3b244cfe",
     "45000048699a000080114db7c0a80102c0a801010a9bf15638d301000001000000000000045f7369"
     "70045f756470037369700963796265726369747902646b000021000101020201",
     "fecf537e729d5b07dc30df528dd22b768d1b98736696a6fd348509fa13ceac34cfa2436f14a3f3cf"
     "65925bf1f4a13c5d15b21e1884f5ff6247aeabb786b93bce61bc17d768fd9732459018148f6cbe72"
     "2fd04796562dfdb4"},
    {"feffe9928665731c6d6a8f9467308308cafebabe", "0000a5f80000000a", "facedbaddecaf888",
     "4500003e698f000080114dccc0a80102c0a801010a980035002a2343b2d001000001000000000000"
     "037369700963796265726369747902646b00000100010001",
     "deb22cd9b07c72c16e3a65beeb8df304a5a5897d33ae530f1ba76d5d114d2a5c3de81827c10e9a4f"
     "51330d0eec416642cfbb85a5b47e48a4ec3b9ba95d918bd183b70d3aa8bc6ee4c309e9d85a41ad4a"},
    {"abbccddef00112233445566778899aababbccddef00112233445566778899aab11223344", "4a2cbfe300000002",
     "0102030405060708",
     "4500003069a6400080062690c0a801029389155e0a9e008b2dc57ee0000000007002400020bf0000"
     "020405b40101040201020201",
     "ff425c9b724599df7a3bcd510194e00d6a78107f1b0b1cbf06efae9d65a5d763748a637985771d34"
     "7f0545659f14e99def842d8eb335f4eecfdbf831824b4c4915956c96"},
    {"feffe9928665731c6d6a8f9467308308feffe9928665731ccafebabe", "0000a5f80000000a", "facedbaddecaf888",
     "45000028a4ad4000400678800a01038f0a010612802306b8cb712602dd6bb03e501016d075680001",
     "a5b1f8066029aea40e598b8122de02420938b3ab33f828e687b8858b5bfbdbd0315b27452144cc77"
     "95457b9652037f5318027b5b4cd7a636"},
    {"abbccddef00112233445566778899aababbccddef00112233445566778899aab73616c74", "17405e67156f3126dd0db99b",
     "616e640169766563",
     "636973636f0172756c657301746865016e6574776501646566696e6501746865746563686e6f6c6f"
     "67696573017468617477696c6c01646566696e65746f6d6f72726f7701020201",
     "d4b7ed86a1777f2ea13d6973d324c69e7b43f826fb56831226508bebd2dceb18d0a6df10e5487df0"
     "74113e14c641024e3e6773d91a62ee429b043a10e3efe6b012a49363412364f8c0cac587f249e56b"
     "11e24f30e44ccc76"},
    {"7d773d00c144c525ac619d18c84a3f47d9664267", "335467aeffffffff", "43457e9182443bc6", "01020201",
     "437f866bcb3f699fe9b0822bac961c4504bef270"},
};

TEST(IkeCipher, McGrewGcmEspPacketsOpen) {
  for (const auto& v : kMcGrew) {
    const Bytes key = hex(v.key);
    const auto bits = static_cast<std::uint16_t>((key.size() - 4) * 8);
    const auto cipher = IkeCipher::create(aead(EncrId::AesGcm16, bits), key, {});
    ASSERT_TRUE(cipher);
    const auto opened = cipher->open(hex(v.aad), hex(std::string(v.iv) + std::string(v.ciphertext)));
    ASSERT_TRUE(opened);
    const Bytes plaintext = hex(v.plaintext);
    EXPECT_EQ(to_hex(*opened), to_hex(ByteView(plaintext).first(plaintext.size() - plaintext.back() - 1u)));
  }
}

TEST(IkeCipher, McGrewGcmEspPacketsSeal) {
  for (const auto& v : kMcGrew) {
    const Bytes key = hex(v.key);
    const auto bits = static_cast<std::uint16_t>((key.size() - 4) * 8);
    const auto cipher = IkeCipher::create(aead(EncrId::AesGcm16, bits), key, {});
    ASSERT_TRUE(cipher);
    const Bytes body = seal(*cipher, hex(v.iv), hex(v.aad), hex(v.plaintext));
    EXPECT_EQ(to_hex(ByteView(body).subspan(8, v.plaintext.size() / 2)),
              v.ciphertext.substr(0, v.plaintext.size()));
  }
}

IkeCipher rfc7634() {
  return *IkeCipher::create(aead(EncrId::ChaCha20Poly1305, 256),
                            hex("808182838485868788898a8b8c8d8e8f909192939495969798999a9b9c9d9e9fa0a1a2a3"),
                            {});
}

// RFC 7634 appendix B: an SK payload.
TEST(IkeCipher, Rfc7634SkPayload) {
  const Bytes header = hex("c0c1c2c3c4c5c6c7d0d1d2d3d4d5d6d72e202500000000090000004529000029");
  const Bytes plaintext = hex("0000000c000040010000000a");
  const Bytes body = seal(rfc7634(), hex("1011121314151617"), header, plaintext);
  EXPECT_EQ(to_hex(body), "1011121314151617610394701f8d017f7c129248896b71bfe25236efd7cdc67066906315b2");
  const auto opened = rfc7634().open(header, body);
  ASSERT_TRUE(opened);
  EXPECT_EQ(*opened, plaintext);
}

// RFC 7634 appendix A: an ESP packet, whose next header is the pad length of an SK payload.
TEST(IkeCipher, Rfc7634EspPacket) {
  const auto opened = rfc7634().open(
      hex("0102030400000005"),
      hex("101112131415161724039428b97f417e3c13753a4f05087b67c352e6a7fab1b982d466ef407ae5c614ee8099d52844eb"
          "61aa95dfab4c02f72aa71e7c4c4f64c9befe2facc638e8f3cbec163fac469b502773f6fb94e664da9165b82829f641e0"
          "76aaa8266b7fb0f7b11b369907e1ad43"));
  ASSERT_TRUE(opened);
  EXPECT_EQ(to_hex(*opened),
            "45000054a6f200004001e778c6336405c000020508005b7a3a080000553bec100007362708090a0b0c0d0e0f10111213"
            "1415161718191a1b1c1d1e1f202122232425262728292a2b2c2d2e2f30313233343536");
}

// SP 800-38D 7.1: a shorter tag is the head of the longer one.
TEST(IkeCipher, ShorterGcmIcvsAreTruncations) {
  const Bytes iv = counted(8);
  const Bytes full = seal(make(aead(EncrId::AesGcm16, 256)), iv, text("prefix"), text("plaintext"));
  for (const auto& [encr, size] : {std::pair{EncrId::AesGcm8, 8}, std::pair{EncrId::AesGcm12, 12}}) {
    const Bytes shorter = seal(make(aead(encr, 256)), iv, text("prefix"), text("plaintext"));
    EXPECT_EQ(shorter, Bytes(full.begin(), full.end() - (16 - size)));
  }
}

// RFC 7296 3.14: over the message from the header through the ciphertext, truncated.
TEST(IkeCipher, CbcIcvIsTheHeadOfTheHmac) {
  const std::pair<IntegId, PrfId> pairs[] = {{IntegId::HmacSha1_96, PrfId::HmacSha1},
                                             {IntegId::HmacSha256_128, PrfId::HmacSha256},
                                             {IntegId::HmacSha384_192, PrfId::HmacSha384},
                                             {IntegId::HmacSha512_256, PrfId::HmacSha512}};
  for (const auto& [integ, prf] : pairs) {
    const IkeCipher cipher = make(cbc(256, integ));
    const Bytes body = seal(cipher, counted(16), text("prefix"), text("plaintext"));
    const ByteView covered = ByteView(body).first(body.size() - cipher.icv_size());
    const auto mac =
        Prf::create(prf)->compute(counted(find_hash(integ)->size, 101), {text("prefix"), covered});
    ASSERT_TRUE(mac);
    EXPECT_EQ(to_hex(ByteView(body).last(cipher.icv_size())), to_hex(mac->view().first(cipher.icv_size())));
  }
}

TEST(IkeCipher, SizesAreThoseOfTheRfcs) {
  const IkeCipher sha1 = make(cbc(128, IntegId::HmacSha1_96));
  EXPECT_EQ(sha1.iv_size(), 16u);
  EXPECT_EQ(sha1.block_size(), 16u);
  EXPECT_EQ(sha1.icv_size(), 12u);
  EXPECT_EQ(sha1.sealed_size(0), 16u + 16 + 12);
  EXPECT_EQ(sha1.sealed_size(15), 16u + 16 + 12);
  EXPECT_EQ(sha1.sealed_size(16), 16u + 32 + 12);
  EXPECT_EQ(make(cbc(256, IntegId::HmacSha256_128)).icv_size(), 16u);
  EXPECT_EQ(make(cbc(256, IntegId::HmacSha384_192)).icv_size(), 24u);
  EXPECT_EQ(make(cbc(256, IntegId::HmacSha512_256)).icv_size(), 32u);
  const IkeCipher gcm16 = make(aead(EncrId::AesGcm16, 256));
  EXPECT_EQ(gcm16.iv_size(), 8u);
  EXPECT_EQ(gcm16.block_size(), 1u);
  EXPECT_EQ(gcm16.icv_size(), 16u);
  EXPECT_EQ(gcm16.sealed_size(0), 8u + 1 + 16);
}

TEST(IkeCipher, OpensWhatItSealed) {
  for (const IkeSuite& suite : all_suites()) {
    const IkeCipher cipher = make(suite);
    for (std::size_t size = 0; size < 70; ++size) {
      const Bytes plaintext = counted(size);
      const Bytes body = seal(cipher, counted(cipher.iv_size()), text("prefix"), plaintext);
      const auto opened = cipher.open(text("prefix"), body);
      ASSERT_TRUE(opened) << size;
      EXPECT_EQ(*opened, plaintext);
    }
  }
}

TEST(IkeCipher, AnyFlippedBitIsSeen) {
  for (const IkeSuite& suite : all_suites()) {
    const IkeCipher cipher = make(suite);
    const Bytes prefix = text("prefix");
    const Bytes body = seal(cipher, counted(cipher.iv_size()), prefix, text("some plaintext"));
    const auto verdict = [&](ByteView p, ByteView b) {
      const auto opened = cipher.open(p, b);
      return opened ? std::nullopt : std::optional(opened.error());
    };
    for (std::size_t bit = 0; bit < body.size() * 8; ++bit) {
      Bytes damaged = body;
      damaged[bit / 8] = static_cast<std::uint8_t>(damaged[bit / 8] ^ 1 << bit % 8);
      ASSERT_EQ(verdict(prefix, damaged), CryptoError::BadIcv) << bit;
    }
    for (std::size_t at = 0; at < prefix.size(); ++at) {
      Bytes damaged = prefix;
      damaged[at] ^= 1;
      ASSERT_EQ(verdict(damaged, body), CryptoError::BadIcv);
    }
  }
}

TEST(IkeCipher, AnyOtherLengthIsRefused) {
  for (const IkeSuite& suite : all_suites()) {
    const IkeCipher cipher = make(suite);
    const Bytes body = seal(cipher, counted(cipher.iv_size()), {}, text("some plaintext"));
    for (std::size_t size = 0; size < body.size(); ++size)
      EXPECT_FALSE(cipher.open({}, ByteView(body).first(size)));
    EXPECT_FALSE(cipher.open({}, Bytes(70000)));
    Bytes wrong(cipher.sealed_size(3) + 1);
    EXPECT_FALSE(cipher.seal(counted(cipher.iv_size()), {}, counted(3), wrong));
    Bytes right(cipher.sealed_size(3));
    EXPECT_FALSE(cipher.seal(counted(cipher.iv_size() - 1), {}, counted(3), right));
  }
}

// The peer may pad as it likes (RFC 7296 3.14), but not beyond the plaintext. AES-GCM-16, the texts
// sealed with Python's cryptography module: "abc" and pad lengths 0 and 2, an empty one and 2; then
// pad lengths 4 of 3, 1 of 0 and 255 of 1.
TEST(IkeCipher, PadLengthBeyondThePlaintextIsRefused) {
  const IkeCipher cipher = make(aead(EncrId::AesGcm16, 128));
  EXPECT_EQ(to_hex(*cipher.open({}, hex("00010203040506070eb24196b7622a91ad858465fb28b3202718fd4b"))),
            "616263");
  EXPECT_EQ(to_hex(*cipher.open({}, hex("00010203040506070eb2419f95002c2b5cf5fd5b51800e71a99f8a07ef12"))),
            "616263");
  EXPECT_EQ(to_hex(*cipher.open({}, hex("000102030405060768d720ff71cd20d190237a40a8edd457a568fa"))), "");
  for (const std::string_view body : {"00010203040506070eb24192154e5316e4e55acdadcb7d100efcaf8c",
                                      "00010203040506076e85ad057deab58d5d556590410cb421e3",
                                      "00010203040506070e2fa6152bcae097ddc9f76268a6da0cbff4"}) {
    const auto opened = cipher.open({}, hex(body));
    ASSERT_FALSE(opened);
    EXPECT_EQ(opened.error(), CryptoError::BadPadding);
  }
}

TEST(IkeCipher, KeysMustHaveTheirSizes) {
  const auto error = [](const IkeSuite& suite, std::size_t key, std::size_t integrity_key) {
    const auto cipher = IkeCipher::create(suite, Bytes(key), Bytes(integrity_key));
    return cipher ? std::nullopt : std::optional(cipher.error());
  };
  EXPECT_EQ(error(cbc(256, IntegId::HmacSha256_128), 32, 32), std::nullopt);
  EXPECT_EQ(error(cbc(256, IntegId::HmacSha256_128), 16, 32), CryptoError::BadLength);
  EXPECT_EQ(error(cbc(256, IntegId::HmacSha256_128), 32, 31), CryptoError::BadLength);
  EXPECT_EQ(error(aead(EncrId::AesGcm16, 256), 36, 0), std::nullopt);
  EXPECT_EQ(error(aead(EncrId::AesGcm16, 256), 32, 0), CryptoError::BadLength);
  EXPECT_EQ(error(aead(EncrId::AesGcm16, 256), 36, 1), CryptoError::BadLength);
  EXPECT_EQ(error(cbc(256, IntegId::None), 32, 0), CryptoError::Unsupported);
  EXPECT_EQ(error(cbc(64, IntegId::HmacSha256_128), 8, 32), CryptoError::Unsupported);
  EXPECT_EQ(error(aead(static_cast<EncrId>(29), 256), 36, 0), CryptoError::Unsupported);
}

}  // namespace
}  // namespace awtun::crypto
