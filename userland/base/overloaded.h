// SPDX-License-Identifier: Apache-2.0
// One lambda for each alternative of a variant: std::visit(Overloaded{...}, v).
#pragma once

namespace awtun {

template <class... Handlers>
struct Overloaded : Handlers... {
  using Handlers::operator()...;
};
template <class... Handlers>
Overloaded(Handlers...) -> Overloaded<Handlers...>;

}  // namespace awtun
