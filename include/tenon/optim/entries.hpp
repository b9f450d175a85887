/// \file
/// What optimisers and schedules remember, as entries of a StateDict.
#pragma once

#include <array>
#include <cstring>
#include <string>
#include <utility>
#include <vector>

#include "../core/state_dict.hpp"
#include "../core/tensor.hpp"
#include "../core/text.hpp"

namespace tenon::inline TENON_ISA::optim {

namespace detail {

/// What a number is saved as, a scalar, and an array of numbers, a vector.
template <class Number>
struct EntryOf {
  using type = Tensor<Number>;
};
template <class Number, std::size_t Count>
struct EntryOf<std::array<Number, Count>> {
  using type = Tensor<Number, static_cast<index_t>(Count)>;
};

/// Adds numbers to a StateDict.
struct SaveEntries {
  StateDict& dict;
  template <class Value>
  void operator()(const Text& name, const Value& value) const {
    using Entry = typename EntryOf<Value>::type;
    const auto& extents = shape_of_t<Entry>::dims;
    AnyTensor entry(dtype_of<typename Entry::value_type>, {extents.begin(), extents.end()});
    std::memcpy(entry.data(), &value, sizeof value);
    dict.insert(std::string(name.data(), name.size()), std::move(entry));
  }
};

/// Adds numbers to the targets of a load.
struct LoadEntries {
  std::vector<tenon::detail::LoadTarget>& targets;
  template <class Value>
  void operator()(const Text& name, Value& value) const {
    using Entry = typename EntryOf<Value>::type;
    constexpr DType dtype = dtype_of<typename Entry::value_type>;
    targets.push_back({std::string(name.data(), name.size()), dtype, shape_of_t<Entry>::dims, &value,
                       [](void* number, const AnyTensor& entry) { entry.convert_to(number, dtype); }});
  }
};

}  // namespace detail

/// The base of schedules, which are saved and loaded. `Derived::for_each_entry(self, f)` calls `f(name, value)` for
/// what `self` remembers.
template <class Derived>
class Saved {
 public:
  /// Returns what the schedule remembers, with PyTorch's names. Its options are not in it.
  StateDict state_dict() const {
    StateDict dict;
    Derived::for_each_entry(static_cast<const Derived&>(*this), detail::SaveEntries{dict});
    return dict;
  }
  /// Goes on from where `dict` was saved. The optimiser has a `load_state_dict` of its own, which brings the learning
  /// rate: make the optimiser and the schedule as before, then load both. All is checked before anything is written;
  /// the tenon::Error lists the entries that are missing, unexpected or misshapen.
  void load_state_dict(const StateDict& dict) {
    std::vector<tenon::detail::LoadTarget> targets;
    Derived::for_each_entry(static_cast<Derived&>(*this), detail::LoadEntries{targets});
    tenon::detail::check_targets(dict, targets, {}, "schedule");
    tenon::detail::assign_targets(dict, targets);
  }

 protected:
  Saved() = default;
};

}  // namespace tenon::inline TENON_ISA::optim
