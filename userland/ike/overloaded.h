// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace awtun::ike {

/// Makes one visitor out of several lambdas; std::visit then demands that all alternatives are there.
template <class... Lambdas>
struct overloaded : Lambdas... {
  using Lambdas::operator()...;
};
template <class... Lambdas>
overloaded(Lambdas...) -> overloaded<Lambdas...>;

}  // namespace awtun::ike
