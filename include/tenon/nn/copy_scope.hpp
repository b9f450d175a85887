/// \file
/// How copies and moves of modules keep what their Shared layers share.
#pragma once

#include <algorithm>
#include <memory>
#include <utility>
#include <vector>

#include "../core/allocator.hpp"
#include "members.hpp"

namespace tenon::inline TENON_ISA::nn {

namespace detail {

/// While a container is copied or assigned: the instances its Shared layers have met, so that the copy shares what the
/// original shares. The outermost container's scope is the one that counts.
class CopyScope {
 public:
  CopyScope() {
    if (!current()) current() = this;
  }
  CopyScope(const CopyScope&) = delete;
  CopyScope& operator=(const CopyScope&) = delete;
  ~CopyScope() {
    if (current() == this) current() = nullptr;
  }

  static CopyScope*& current() noexcept {
    static TENON_THREAD_LOCAL CopyScope* scope = nullptr;
    return scope;
  }

  /// The copy of `from`, made at its first mention.
  template <class A>
  std::shared_ptr<A> copy(const std::shared_ptr<A>& from) {
    if (auto known = find<A>(from.get())) return known;
    return remember(from, std::make_shared<A>(*from));
  }
  /// The same, but the first mention of `from` is written into `to`, if nothing else was.
  template <class A>
  std::shared_ptr<A> assign(const std::shared_ptr<A>& from, const std::shared_ptr<A>& to) {
    if (auto known = find<A>(from.get())) return known;
    if (is_taken(to)) return copy(from);
    *to = *from;
    return remember(from, to);
  }
  /// The same for a move: where something else was written into `to`, `from` itself is taken. What only the moved
  /// module has (`is_only_there`) is moved, and optimisers follow.
  template <class A>
  std::shared_ptr<A> move(const std::shared_ptr<A>& from, const std::shared_ptr<A>& to, bool is_only_there) {
    if (auto known = find<A>(from.get())) return known;
    if (is_taken(to)) return remember(from, from);
    if (is_only_there)
      *to = std::move(*from);
    else
      *to = *from;
    return remember(from, to);
  }

 private:
  struct Instance {
    const void* original;
    std::shared_ptr<void> copy;
  };

  bool is_taken(const std::shared_ptr<void>& to) const {
    return std::any_of(instances_.begin(), instances_.end(), [&](const Instance& known) { return known.copy == to; });
  }
  template <class A>
  std::shared_ptr<A> find(const void* from) const {
    for (const Instance& known : instances_)
      if (known.original == from) return std::static_pointer_cast<A>(known.copy);
    return nullptr;
  }
  template <class A>
  const std::shared_ptr<A>& remember(const std::shared_ptr<A>& from, const std::shared_ptr<A>& to) {
    instances_.push_back({from.get(), to});
    return to;
  }

  std::vector<Instance> instances_;
};

/// Whether an optimiser or a record refers to a parameter of `module`.
template <class M>
bool is_referred_to(M& module) {
  bool found = false;
  for_each_tensor(module, [&](auto& member) {
    if constexpr (is_parameter<std::remove_cvref_t<decltype(member)>>)
      found = found || (member.state() && member.state()->is_shared());
  });
  return found;
}

/// Calls `f` for every Shared layer in `module` that is not inside another one.
template <class M, class F>
void for_each_shared(M& module, F&& f) {
  if constexpr (requires { module.instance(); })
    f(module);
  else
    for_each_member(module, [&](const char*, auto& member) {
      if constexpr (is_module<std::remove_cvref_t<decltype(member)>>) for_each_shared(member, f);
    });
}

/// Throws tenon::Error, before anything is assigned, if a Shared layer of `to` that an optimiser or a record refers to
/// would become two: they could go on with one of them only, and the other would silently not be trained.
template <class M>
void check_ties(const M& to, const M& from) {
  struct Place {
    const void *target, *source;
  };
  if (CopyScope::current()) return;  // the outermost container has checked
  List<const void*> sources;
  const auto find = [&](const auto& shared) { sources.push_back(shared.instance().get()); };
  for_each_shared(from, find);
  if (sources.empty()) return;
  List<Place> trained;
  auto check = [&, next = sources.begin()](const auto& shared) mutable {
    const Place place{shared.instance().get(), *next++};
    if (!place.target || !place.source || !is_referred_to(*shared.instance())) return;
    for (const Place& other : trained)
      if (other.target == place.target && other.source != place.source)
        raise(
            "Shared: a layer that an optimiser or a recorded value refers to has several places in the model assigned "
            "to, which would get several layers: the optimiser would train one of them only. Tie the layers of the "
            "assigned model in the same way, or give it to a new variable with an optimiser of its own");
    trained.push_back(place);
  };
  for_each_shared(to, check);
}

/// Before the members of `from` are moved into those of `to`: Shared layers that are trained take over the layers that
/// come, so that optimisers go on with them; then both modules refer to the same instances.
template <class M>
void move_shared(M& to, M& from) {
  List<void*> sources;
  List<const void*> instances;
  const auto find = [&](auto& source) {
    sources.push_back(&source);
    instances.push_back(source.instance().get());
  };
  for_each_shared(from, find);
  if (sources.empty()) return;
  check_ties(to, from);
  const CopyScope scope;
  auto move = [&, next = sources.begin()]<class SharedLayer>(SharedLayer& target) mutable {
    SharedLayer& source = *static_cast<SharedLayer*>(*next++);
    auto instance = source.instance();
    const auto places = std::count(instances.begin(), instances.end(), instance.get());
    if (instance && target.instance() && instance != target.instance() && is_referred_to(*target.instance()))
      instance = CopyScope::current()->move(instance, target.instance(), instance.use_count() == places + 1);
    target.share(instance);
    source.share(instance);
  };
  for_each_shared(to, move);
}

}  // namespace detail
}  // namespace tenon::inline TENON_ISA::nn
