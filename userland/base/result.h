// SPDX-License-Identifier: Apache-2.0
// Result<T, E>: a value or the reason why there is none (std::expected, which C++20 lacks).
#pragma once

#include <utility>
#include <variant>

namespace awtun {

/// Wraps an error so that `return Error{...}` converts to any Result with that error type.
template <class E>
struct Error {
  E value;
};
template <class E>
Error(E) -> Error<E>;

/// A value of type T or an error of type E. Reading the side that is not there is a programming
/// error and throws std::bad_variant_access; test with operator bool first.
template <class T, class E>
class [[nodiscard]] Result {
 public:
  Result(T value) : state_(std::in_place_index<0>, std::move(value)) {}  // NOLINT(*-explicit-*)
  template <class F>
  Result(Error<F> error) : state_(std::in_place_index<1>, std::move(error.value)) {}  // NOLINT(*-explicit-*)

  explicit operator bool() const { return state_.index() == 0; }
  T& operator*() & { return std::get<0>(state_); }
  const T& operator*() const& { return std::get<0>(state_); }
  T&& operator*() && { return std::get<0>(std::move(state_)); }
  T* operator->() { return &std::get<0>(state_); }
  const T* operator->() const { return &std::get<0>(state_); }
  E& error() & { return std::get<1>(state_); }
  const E& error() const& { return std::get<1>(state_); }
  E&& error() && { return std::get<1>(std::move(state_)); }

 private:
  std::variant<T, E> state_;
};

/// Result without a value: success, or an error.
template <class E>
class [[nodiscard]] Result<void, E> {
 public:
  Result() = default;
  template <class F>
  Result(Error<F> error) : state_(std::in_place_index<1>, std::move(error.value)) {}  // NOLINT(*-explicit-*)

  explicit operator bool() const { return state_.index() == 0; }
  E& error() & { return std::get<1>(state_); }
  const E& error() const& { return std::get<1>(state_); }

 private:
  std::variant<std::monostate, E> state_;
};

}  // namespace awtun
