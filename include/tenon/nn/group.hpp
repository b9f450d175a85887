/// \file
/// Groups of parameters, each with options of its own for the optimiser that they are given to.
#pragma once

#include <array>
#include <optional>
#include <utility>

#include "../core/hana.hpp"
#include "../core/isa.hpp"

namespace tenon::inline TENON_ISA::nn {

/// Both betas of Adam, or nothing: `.betas = {0.9, 0.99}` as in AdamOptions.
struct OptionalBetas : std::optional<std::array<double, 2>> {
  constexpr OptionalBetas() noexcept = default;
  constexpr OptionalBetas(double first, double second) : optional(std::array{first, second}) {}
};

/// The options of all optimisers, of which a group gives some: designated in this order.
struct GroupOptions {
  std::optional<double> lr{};
  OptionalBetas betas{};
  std::optional<double> alpha{}, eps{}, momentum{}, dampening{}, weight_decay{};
  std::optional<bool> nesterov{}, centered{};
};

/// Parameters with options of their own; `group` makes it. It refers to the module that it was made of, or holds the
/// Hana sequence of references.
template <class Source>
struct Group {
  Source source;
  GroupOptions options;
};

/// A dict of PyTorch's `torch.optim.SGD([{'params': …, 'lr': …}, …])`: the parameters of `source`, a module or a Hana
/// sequence of references such as `m.parameters()`, with options that differ from the optimiser's.
///
///     nn::Linear<4, 8> body;
///     nn::Linear<8, 2> head;
///     tenon::optim::SGD optimizer{nn::group(body, {.lr = 1e-4}), nn::group(head, {.lr = 1e-3, .momentum = 0.9})};
template <class Source>
Group<Source> group(Source&& source, GroupOptions options = {}) {
  return {std::forward<Source>(source), options};
}

}  // namespace tenon::inline TENON_ISA::nn

BOOST_HANA_ADAPT_STRUCT(tenon::nn::GroupOptions, lr, betas, alpha, eps, momentum, dampening, weight_decay, nesterov,
                        centered);
