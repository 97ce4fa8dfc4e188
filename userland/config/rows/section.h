// SPDX-License-Identifier: Apache-2.0
// Ready-made rows for the members of what a section configures: of a tunnel, of a profile.
#pragma once

#include <array>
#include <chrono>
#include <optional>

#include "userland/config/choices.h"
#include "userland/config/grammar.h"

namespace awtun::config::rows {

/// Where the settings of a section are: in a context to be changed, in a scope to be written down.
template <class T>
struct Section;

template <>
struct Section<Tunnel> {
  static constexpr Mode kMode = Mode::Interface;
  static Tunnel& of(const Context& context) { return context.tunnel(); }
  static const Tunnel& of(const Scope& scope) { return *scope.tunnel; }
};
template <>
struct Section<IsakmpProfile> {
  static constexpr Mode kMode = Mode::IsakmpProfile;
  static IsakmpProfile& of(const Context& context) { return context.isakmp_profile().settings; }
  static const IsakmpProfile& of(const Scope& scope) { return scope.isakmp_profile->settings; }
};
template <>
struct Section<IpsecProfile> {
  static constexpr Mode kMode = Mode::IpsecProfile;
  static IpsecProfile& of(const Context& context) { return context.ipsec_profile(); }
  static const IpsecProfile& of(const Scope& scope) { return *scope.ipsec_profile; }
};
template <>
struct Section<Trustpoint> {
  static constexpr Mode kMode = Mode::Trustpoint;
  static Trustpoint& of(const Context& context) { return context.trustpoint(); }
  static const Trustpoint& of(const Scope& scope) { return *scope.trustpoint; }
};

/// How a member holds the value of a command line: as it is, a number as another type, or what a word is for.
template <class Stored>
struct Holder {
  using Typed = std::conditional_t<std::is_integral_v<Stored>, std::uint32_t, Stored>;
  static Stored stored(const Typed& typed) { return static_cast<Stored>(typed); }
  static Typed typed(const Stored& stored) { return static_cast<Typed>(stored); }
};
template <>
struct Holder<std::chrono::seconds> {
  using Typed = std::uint32_t;
  static std::chrono::seconds stored(std::uint32_t typed) { return std::chrono::seconds{typed}; }
  static std::uint32_t typed(std::chrono::seconds stored) {
    return static_cast<std::uint32_t>(stored.count());
  }
};

template <class Stored>
requires std::is_enum_v<Stored>
struct Holder<Stored> {
  using Typed = std::uint32_t;
  static Stored stored(std::uint32_t typed) { return kWordsOf<Stored>.at(typed).value; }
  static std::uint32_t typed(Stored stored) { return choice_of(kWordsOf<Stored>, stored); }
};

template <class T>
struct MemberOf;
template <class Class, class Type>
struct MemberOf<Type Class::*> {
  using Owner = Class;
  using Value = Type;
};

inline Answer not_configured() { return Refused{"no such setting is configured"}; }

/// A row for one std::optional member: set by the value, reset by `no`, written where it is set.
template <auto Member>
constexpr Row setting(std::string_view pattern, std::string_view help) {
  using In = Section<typename MemberOf<decltype(Member)>::Owner>;
  using Hold = Holder<typename MemberOf<decltype(Member)>::Value::value_type>;
  return {.mode = In::kMode,
          .pattern = pattern,
          .help = help,
          .run = [](const Context& context, Args& args) -> Answer {
            In::of(context).*Member = Hold::stored(args.get<typename Hold::Typed>(0));
            return Done{};
          },
          .no = [](const Context& context, Args& args) -> Answer {
            auto& member = In::of(context).*Member;
            if (args.has(0) && member != Hold::stored(args.get<typename Hold::Typed>(0)))
              return not_configured();
            member.reset();
            return Done{};
          },
          .emit =
              [](const Scope& scope, Writer& out) {
                if (const auto& member = In::of(scope).*Member) out.line(Hold::typed(*member));
              }};
}

/// A row for one member that always has a value: `no` restores the default, which is not written.
template <auto Member>
constexpr Row parameter(std::string_view pattern, std::string_view help) {
  using Owner = typename MemberOf<decltype(Member)>::Owner;
  using In = Section<Owner>;
  using Hold = Holder<typename MemberOf<decltype(Member)>::Value>;
  return {.mode = In::kMode,
          .pattern = pattern,
          .help = help,
          .run = [](const Context& context, Args& args) -> Answer {
            In::of(context).*Member = Hold::stored(args.get<typename Hold::Typed>(0));
            return Done{};
          },
          .no = [](const Context& context, Args& args) -> Answer {
            auto& member = In::of(context).*Member;
            if (args.has(0) && member != Hold::stored(args.get<typename Hold::Typed>(0)))
              return not_configured();
            member = Owner{}.*Member;
            return Done{};
          },
          .emit =
              [](const Scope& scope, Writer& out) {
                const auto& member = In::of(scope).*Member;
                if (member != Owner{}.*Member) out.line(Hold::typed(member));
              }};
}

/// A row for one bool member, false by default.
template <auto Member>
constexpr Row flag(std::string_view pattern, std::string_view help) {
  using In = Section<typename MemberOf<decltype(Member)>::Owner>;
  return {.mode = In::kMode,
          .pattern = pattern,
          .help = help,
          .run = [](const Context& context, Args&) -> Answer {
            In::of(context).*Member = true;
            return Done{};
          },
          .no = [](const Context& context, Args&) -> Answer {
            In::of(context).*Member = false;
            return Done{};
          },
          .emit =
              [](const Scope& scope, Writer& out) {
                if (In::of(scope).*Member) out.line();
              }};
}

inline Answer to_exec(const Context& context, Args&) {
  context.session = {};
  return Done{};
}

inline Answer to_config(const Context& context, Args&) {
  context.session = {Mode::Config};
  return Done{};
}

/// What leaves or stays outside a mode: the same in each but Exec.
constexpr std::array<Row, 3> common(Mode mode) {
  return {Row{.mode = mode, .pattern = "do <command:command>", .help = "Run an exec command\nThe command\n"},
          Row{.mode = mode, .pattern = "end", .help = "Return to exec mode\n", .run = to_exec},
          Row{.mode = mode,
              .pattern = "exit",
              .help = "Leave this mode\n",
              .run = mode == Mode::Config ? to_exec : to_config}};
}

}  // namespace awtun::config::rows
