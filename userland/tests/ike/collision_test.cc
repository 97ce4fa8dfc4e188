// SPDX-License-Identifier: Apache-2.0
#include "userland/ike/rules/collision.h"

#include <gtest/gtest.h>

#include <chrono>
#include <vector>

namespace awtun::ike {
namespace {

TEST(Collision, NoncesAreComparedOctetByOctet) {
  EXPECT_TRUE(nonce_less(Bytes{1, 2}, Bytes{1, 3}));
  EXPECT_FALSE(nonce_less(Bytes{0x80}, Bytes{0x7f, 0xff}));
  EXPECT_TRUE(nonce_less(Bytes{1, 2}, Bytes{1, 2, 0}));  // a prefix is lower
  EXPECT_FALSE(nonce_less(Bytes{1, 2}, Bytes{1, 2}));
}

TEST(Collision, TheExchangeWithTheLowestOfFourNoncesIsClosed) {
  struct Case {
    ExchangeNonces ours;
    ExchangeNonces theirs;
    Verdict verdict;
  };
  for (const Case& one : {Case{{{1}, {9}}, {{2}, {3}}, Verdict::TheirsSurvives},
                          Case{{{9}, {1}}, {{2}, {3}}, Verdict::TheirsSurvives},
                          Case{{{2}, {3}}, {{1}, {9}}, Verdict::OursSurvives},
                          Case{{{2}, {3}}, {{9}, {1}}, Verdict::OursSurvives}}) {
    EXPECT_EQ(resolve_rekey(one.ours, one.theirs), one.verdict);
    // Seen from the other end the answer is the opposite: exactly one survives.
    EXPECT_NE(resolve_rekey(one.theirs, one.ours), one.verdict);
  }
}

TEST(Collision, TheLowerInitiationGivesWay) {
  EXPECT_EQ(resolve_initiation(Bytes{1}, Bytes{2}), Verdict::TheirsSurvives);
  EXPECT_EQ(resolve_initiation(Bytes{2}, Bytes{1}), Verdict::OursSurvives);
}

// ---------------------------------------------------------------- the peer asks

constexpr PeerAsks kAsks[] = {PeerAsks::NewChild, PeerAsks::RekeyChild, PeerAsks::DeleteChild,
                              PeerAsks::RekeyIke, PeerAsks::DeleteIke};
constexpr IkeActivity kIke[] = {IkeActivity::None, IkeActivity::Rekeying, IkeActivity::Contended,
                                IkeActivity::Closing};
constexpr ChildActivity kChild[] = {ChildActivity::Unknown,  ChildActivity::None,     ChildActivity::Creating,
                                    ChildActivity::Rekeying, ChildActivity::Replaced, ChildActivity::Closing};

std::vector<Situation> all_situations() {
  std::vector<Situation> result;
  for (const PeerAsks asks : kAsks)
    for (const IkeActivity ike : kIke)
      for (const ChildActivity child : kChild)
        for (const bool busy : {false, true}) result.push_back({asks, ike, child, busy});
  return result;
}

struct Row {
  const char* name;
  Situation situation;
  Ruling ruling;
};

class Asked : public testing::TestWithParam<Row> {};

TEST_P(Asked, IsRuledAsTheTableSays) { EXPECT_EQ(resolve(GetParam().situation), GetParam().ruling); }

INSTANTIATE_TEST_SUITE_P(
    Rfc7296, Asked,
    testing::Values(Row{"RekeyingChildAndRekeyOfIt",
                        {PeerAsks::RekeyChild, IkeActivity::None, ChildActivity::Rekeying, true},
                        {Answer::Normal, Then::CompareNonces}},
                    Row{"RekeyingChildAndDeleteOfIt",
                        {PeerAsks::DeleteChild, IkeActivity::None, ChildActivity::Rekeying, true},
                        {Answer::Normal, Then::ForgetOurs}},
                    Row{"ClosingChildAndRekeyOfIt",
                        {PeerAsks::RekeyChild, IkeActivity::None, ChildActivity::Closing, true},
                        {Answer::TemporaryFailure, Then::Nothing}},
                    Row{"ClosingChildAndDeleteOfIt",
                        {PeerAsks::DeleteChild, IkeActivity::None, ChildActivity::Closing, true},
                        {Answer::Empty, Then::Nothing}},
                    Row{"ReplacedChildAndRekeyOfIt",
                        {PeerAsks::RekeyChild, IkeActivity::None, ChildActivity::Replaced, false},
                        {Answer::TemporaryFailure, Then::Nothing}},
                    Row{"ReplacedChildAndDeleteOfIt",
                        {PeerAsks::DeleteChild, IkeActivity::None, ChildActivity::Replaced, false},
                        {Answer::Normal, Then::Nothing}},
                    Row{"RekeyingIkeAndRekeyOfIt",
                        {PeerAsks::RekeyIke, IkeActivity::Rekeying, ChildActivity::Unknown, false},
                        {Answer::Normal, Then::CompareNonces}},
                    Row{"RekeyingIkeAndNewChild",
                        {PeerAsks::NewChild, IkeActivity::Rekeying, ChildActivity::Unknown, false},
                        {Answer::TemporaryFailure, Then::Nothing}},
                    Row{"RekeyingIkeAndRekeyOfChild",
                        {PeerAsks::RekeyChild, IkeActivity::Rekeying, ChildActivity::None, false},
                        {Answer::TemporaryFailure, Then::Nothing}},
                    Row{"RekeyingIkeAndDeleteOfChild",
                        {PeerAsks::DeleteChild, IkeActivity::Rekeying, ChildActivity::None, false},
                        {Answer::Normal, Then::Nothing}},
                    Row{"RekeyingIkeAndDeleteOfIt",
                        {PeerAsks::DeleteIke, IkeActivity::Rekeying, ChildActivity::Unknown, false},
                        {Answer::Normal, Then::ForgetOurs}},
                    Row{"ContendedIkeAndDeleteOfIt",
                        {PeerAsks::DeleteIke, IkeActivity::Contended, ChildActivity::Unknown, false},
                        {Answer::Normal, Then::KeepTheirs}},
                    Row{"ContendedIkeAndRekeyOfIt",
                        {PeerAsks::RekeyIke, IkeActivity::Contended, ChildActivity::Unknown, false},
                        {Answer::TemporaryFailure, Then::Nothing}},
                    Row{"BusyWithChildrenAndRekeyOfIke",
                        {PeerAsks::RekeyIke, IkeActivity::None, ChildActivity::Unknown, true},
                        {Answer::TemporaryFailure, Then::Nothing}},
                    Row{"ClosingIkeAndRekeyOfIt",
                        {PeerAsks::RekeyIke, IkeActivity::Closing, ChildActivity::Unknown, false},
                        {Answer::TemporaryFailure, Then::Nothing}},
                    Row{"ClosingIkeAndNewChild",
                        {PeerAsks::NewChild, IkeActivity::Closing, ChildActivity::Unknown, false},
                        {Answer::TemporaryFailure, Then::Nothing}},
                    Row{"ClosingIkeAndRekeyOfChild",
                        {PeerAsks::RekeyChild, IkeActivity::Closing, ChildActivity::Unknown, false},
                        {Answer::TemporaryFailure, Then::Nothing}},
                    Row{"ClosingIkeAndDeleteOfIt",
                        {PeerAsks::DeleteIke, IkeActivity::Closing, ChildActivity::Unknown, false},
                        {Answer::Normal, Then::ForgetOurs}},
                    Row{"NothingAndRekeyOfUnknownSpi",
                        {PeerAsks::RekeyChild, IkeActivity::None, ChildActivity::Unknown, false},
                        {Answer::ChildSaNotFound, Then::Nothing}},
                    Row{"RekeyingIkeAndRekeyOfUnknownSpi",
                        {PeerAsks::RekeyChild, IkeActivity::Rekeying, ChildActivity::Unknown, false},
                        {Answer::ChildSaNotFound, Then::Nothing}},
                    Row{"NothingAndDeleteOfUnknownSpi",
                        {PeerAsks::DeleteChild, IkeActivity::None, ChildActivity::Unknown, false},
                        {Answer::Empty, Then::Nothing}},
                    Row{"CreatingAndNewChild",
                        {PeerAsks::NewChild, IkeActivity::None, ChildActivity::Creating, true},
                        {Answer::TemporaryFailure, Then::Nothing}},
                    Row{"HavingOneForTheSameAndNewChild",
                        {PeerAsks::NewChild, IkeActivity::None, ChildActivity::None, false},
                        {Answer::Normal, Then::PeerDeletesOld}},
                    Row{"NothingAndNewChild",
                        {PeerAsks::NewChild, IkeActivity::None, ChildActivity::Unknown, false},
                        {Answer::Normal, Then::Nothing}},
                    Row{"NothingAndRekeyOfChild",
                        {PeerAsks::RekeyChild, IkeActivity::None, ChildActivity::None, false},
                        {Answer::Normal, Then::PeerDeletesOld}},
                    Row{"NothingAndRekeyOfIke",
                        {PeerAsks::RekeyIke, IkeActivity::None, ChildActivity::Unknown, false},
                        {Answer::Normal, Then::PeerDeletesOld}}),
    [](const testing::TestParamInfo<Row>& row) { return row.param.name; });

TEST(Collision, EverySituationHasOneLegalRuling) {
  const auto all = all_situations();
  EXPECT_EQ(all.size(), 240U);
  for (const Situation& one : all) {
    const Ruling ruling = resolve(one);
    const bool about_delete = one.asks == PeerAsks::DeleteChild || one.asks == PeerAsks::DeleteIke;
    // A refusal has no consequences.
    EXPECT_TRUE(ruling.answer == Answer::Normal || ruling.then == Then::Nothing);
    // A delete is never refused, and only a delete is answered with nothing.
    EXPECT_TRUE(!about_delete || ruling.answer == Answer::Normal || ruling.answer == Answer::Empty);
    EXPECT_TRUE(about_delete || ruling.answer != Answer::Empty);
    // Only rekeys of what we rekey are decided later.
    if (ruling.then == Then::CompareNonces) {
      EXPECT_FALSE(about_delete);
      EXPECT_TRUE(one.ike == IkeActivity::Rekeying || one.child == ChildActivity::Rekeying);
    }
    // Nothing new on an IKE SA that goes.
    EXPECT_TRUE(one.ike != IkeActivity::Closing || about_delete || ruling.answer == Answer::TemporaryFailure);
    EXPECT_TRUE(ruling.answer != Answer::ChildSaNotFound || one.asks == PeerAsks::RekeyChild);
  }
}

// ---------------------------------------------------------------- our own request is answered

TEST(Collision, AnAnswerIsReadInTheLightOfWhatHasHappened) {
  using enum Conclusion;
  struct Case {
    Reply reply;
    Conclusion conclusion;
  };
  for (const Case& one : {
           // Both rekeyed: by the nonces.
           Case{{WeAsked::RekeyChild, PeerAnswers::Agreed, true, Rival::None}, UseOurs},
           Case{{WeAsked::RekeyChild, PeerAnswers::Agreed, true, Rival::Loses}, OutdoRival},
           Case{{WeAsked::RekeyChild, PeerAnswers::Agreed, true, Rival::Survives}, YieldToRival},
           Case{{WeAsked::RekeyIke, PeerAnswers::Agreed, true, Rival::Loses}, OutdoRival},
           Case{{WeAsked::RekeyIke, PeerAnswers::Agreed, true, Rival::Survives}, YieldToRival},
           // The peer deleted what we rekey.
           Case{{WeAsked::RekeyChild, PeerAnswers::ChildSaNotFound, false, Rival::None}, Forget},
           Case{{WeAsked::RekeyChild, PeerAnswers::TemporaryFailure, false, Rival::None}, Forget},
           Case{{WeAsked::RekeyIke, PeerAnswers::Agreed, false, Rival::None}, DropOurs},
           Case{{WeAsked::RekeyIke, PeerAnswers::TemporaryFailure, false, Rival::None}, Forget},
           // It has replaced, and perhaps deleted, it already.
           Case{{WeAsked::RekeyChild, PeerAnswers::ChildSaNotFound, true, Rival::Survives}, AdoptRival},
           Case{{WeAsked::RekeyChild, PeerAnswers::ChildSaNotFound, false, Rival::Survives}, AdoptRival},
           Case{{WeAsked::RekeyIke, PeerAnswers::TemporaryFailure, true, Rival::Survives}, AdoptRival},
           // It is busy.
           Case{{WeAsked::RekeyChild, PeerAnswers::TemporaryFailure, true, Rival::None}, TryLater},
           Case{{WeAsked::RekeyIke, PeerAnswers::TemporaryFailure, true, Rival::None}, TryLater},
           Case{{WeAsked::NewChild, PeerAnswers::TemporaryFailure, true, Rival::None}, TryLater},
           // It has lost it, or will not.
           Case{{WeAsked::RekeyChild, PeerAnswers::ChildSaNotFound, true, Rival::None}, AskForNew},
           Case{{WeAsked::NewChild, PeerAnswers::ChildSaNotFound, true, Rival::None}, Report},
           Case{{WeAsked::RekeyChild, PeerAnswers::Refused, true, Rival::None}, Report},
           Case{{WeAsked::NewChild, PeerAnswers::Refused, true, Rival::None}, Report},
       })
    EXPECT_EQ(conclude(one.reply), one.conclusion);
}

TEST(Collision, EveryAnswerHasOneConclusion) {
  std::size_t count = 0;
  for (const WeAsked asked : {WeAsked::NewChild, WeAsked::RekeyChild, WeAsked::RekeyIke})
    for (const PeerAnswers answer : {PeerAnswers::Agreed, PeerAnswers::TemporaryFailure,
                                     PeerAnswers::ChildSaNotFound, PeerAnswers::Refused})
      for (const bool in_use : {false, true})
        for (const Rival rival : {Rival::None, Rival::Loses, Rival::Survives}) {
          ++count;
          const Conclusion conclusion = conclude({asked, answer, in_use, rival});
          const bool uses = conclusion == Conclusion::UseOurs || conclusion == Conclusion::OutdoRival ||
                            conclusion == Conclusion::YieldToRival || conclusion == Conclusion::DropOurs;
          // What was made is disposed of, and what was not made is not used.
          EXPECT_EQ(uses, answer == PeerAnswers::Agreed);
          const bool about_rival = conclusion == Conclusion::OutdoRival ||
                                   conclusion == Conclusion::YieldToRival ||
                                   conclusion == Conclusion::AdoptRival;
          EXPECT_TRUE(!about_rival || rival != Rival::None);
          // Only what is in use is tried again.
          const bool again = conclusion == Conclusion::TryLater || conclusion == Conclusion::AskForNew;
          EXPECT_TRUE(!again || in_use);
        }
  EXPECT_EQ(count, 72U);
}

// ---------------------------------------------------------------- both bring up the same tunnel

Origin origin(bool ours, std::uint8_t nonce, int started, int established, bool awiked = true) {
  return {ours, Bytes{nonce}, Time{std::chrono::seconds(started)}, Time{std::chrono::seconds(established)},
          awiked};
}

TEST(Collision, OneOfTwoInitiationsStaysAndBothEndsAgree) {
  const Origin mine = origin(true, 1, 10, 12);
  const Origin theirs = origin(false, 2, 11, 13);
  EXPECT_EQ(resolve_duplicates(mine, theirs), (Duplicates{false, Deletes::We}));
  EXPECT_EQ(resolve_duplicates(theirs, mine), (Duplicates{true, Deletes::We}));
  // The other end sees the same two the other way round.
  Origin their_mine = mine, their_theirs = theirs;
  their_mine.ours = false;
  their_theirs.ours = true;
  EXPECT_EQ(resolve_duplicates(their_mine, their_theirs), (Duplicates{false, Deletes::Peer}));
}

TEST(Collision, APeerThatKnowsNoRuleIsGivenTime) {
  const Origin mine = origin(true, 9, 10, 12, false);
  const Origin theirs = origin(false, 2, 11, 13, false);
  EXPECT_EQ(resolve_duplicates(mine, theirs), (Duplicates{false, Deletes::WeLater}));
}

TEST(Collision, WhatThePeerMayHaveDeletedDoesNotStayAndIsNotDeleted) {
  const Origin mine = origin(true, 9, 10, 14, false);
  Origin theirs = origin(false, 2, 11, 13, false);
  theirs.doubted = theirs.established;
  EXPECT_EQ(resolve_duplicates(mine, theirs), (Duplicates{true, Deletes::Peer}));
  EXPECT_EQ(resolve_duplicates(theirs, mine), (Duplicates{false, Deletes::Peer}));
}

TEST(Collision, TheNewerOneStaysWhenTheyWereNotConcurrent) {
  EXPECT_EQ(resolve_duplicates(origin(true, 1, 10, 12), origin(false, 2, 13, 15)),
            (Duplicates{false, Deletes::We}));
  EXPECT_EQ(resolve_duplicates(origin(true, 1, 10, 12), origin(true, 2, 5, 6)),
            (Duplicates{true, Deletes::We}));
}

TEST(Collision, OfTwoThatAPeerBeganAtOnceItMayChooseTheOther) {
  const auto deletes = [](bool awiked) {
    return resolve_duplicates(origin(false, 1, 10, 14, awiked), origin(false, 2, 11, 13, awiked)).deletes;
  };
  EXPECT_EQ(deletes(false), Deletes::WeLater);
  EXPECT_EQ(deletes(true), Deletes::We);
}

TEST(Collision, EveryPairOfOriginsHasExactlyOneThatStays) {
  std::vector<Origin> all;
  for (const bool ours : {false, true})
    for (const bool awiked : {false, true})
      for (const std::uint8_t nonce : Bytes{1, 2})
        for (const int started : {10, 11, 20})
          all.push_back(origin(ours, nonce, started, started + 2, awiked));
  for (const Origin& a : all)
    for (const Origin& b : all) {
      const Duplicates forth = resolve_duplicates(a, b);
      const Duplicates back = resolve_duplicates(b, a);
      const bool tie = a.established == b.established || a.nonce == b.nonce;
      if (!tie && a.peer_is_awiked == b.peer_is_awiked) {
        EXPECT_NE(forth.first_stays, back.first_stays);
        EXPECT_EQ(forth.deletes, back.deletes);
      }
    }
}

}  // namespace
}  // namespace awtun::ike
