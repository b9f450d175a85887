/// \file
/// How copies, assignments and moves of modules keep what their Shared layers share, and what optimisers train.
///
/// Modules are copied member by member, so a Shared layer alone cannot know whether a user copies the reference or a
/// model that it is part of. A module says so before its members are copied (`begin_copy`), and they ask.
#pragma once

#include <algorithm>
#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

#include "../core/allocator.hpp"
#include "../core/error.hpp"
#include "members.hpp"

namespace tenon::inline TENON_ISA::nn {

namespace detail {

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

/// `module`, the instance of a Shared layer, is about to be let go for another one: optimisers that have its parameters
/// are to say so.
template <class M>
void replaced(M& module) {
  for_each_member(module, [](const char*, auto& member) {
    using Member = std::remove_cvref_t<decltype(member)>;
    if constexpr (is_parameter<Member>) {
      if (member.state()) member.state()->replaced();
    } else if constexpr (is_module<Member> && !requires { member.instance(); }) {
      replaced(member);
    }
  });
}

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

/// What an assignment of one module to another makes of their Shared layers, those inside Shared layers included.
class SharedAssignment {
 public:
  explicit SharedAssignment(bool moves) : moves_(moves) {}

  /// Adds the places of Shared layers in `to` and `from`, which are of one type.
  template <class M>
  void add(M& to, const M& from) {
    List<const void*> layers;
    for_each_shared(from, [&](const auto& shared) { layers.push_back(&shared); });
    for_each_shared(to, [&, next = layers.begin()]<class SharedLayer>(SharedLayer& shared) mutable {
      const auto& target = shared.instance();
      const auto& other = *static_cast<const SharedLayer*>(*next++);
      const auto& source = other.instance();
      const bool is_new = std::none_of(places_.begin(), places_.end(), [&](const Place& place) {
        return place.target == target && place.source == source.get();
      });
      places_.push_back({target, target && is_referred_to(*target), &other, source.get()});
      if (!is_new || !source) return;
      if (target)
        add(*target, *source);
      else
        add_sources(*source);
    });
  }
  bool is_empty() const noexcept { return places_.empty(); }

  /// Decides which instances go on, with the values of which sources: of those in one source's places one that is
  /// trained or, when copying, any. What the other module has as well is left alone. Throws tenon::Error if a place
  /// whose instance is trained would get one that is not: an optimiser would go on, but not train it.
  void decide() {
    for (std::size_t i = 0; i < places_.size(); ++i) {
      const void* const source = places_[i].source;
      if (!source || find(source)) continue;
      Decision decision{source};
      for (const Place& place : places_)
        decision.is_there = decision.is_there || (place.source == source && place.target.get() == source);
      for (std::size_t k = i; k < places_.size() && !decision.is_there; ++k) {
        const Place& place = places_[k];
        if (place.source != source || !place.target || is_source(place.target) || is_written(place.target)) continue;
        if (place.is_trained || (!moves_ && decision.written == none)) decision.written = k;
        if (place.is_trained) break;
      }
      decisions_.push_back(decision);
    }
    for (const Place& place : places_)
      if (place.is_trained && !is_trained(place.source))
        raise(
            "Shared: a layer that an optimiser or a recorded value refers to has several places in the model assigned "
            "to, which would get several layers, and the optimiser would train one of them only. Tie the layers of the "
            "model that is assigned in the same way, or give it to a new variable with an optimiser of its own");
  }

  /// What stands from now on where `source` stands in the module that is assigned. Its value is moved if `is_moved` and
  /// nobody outside of that module has it.
  template <class A>
  std::shared_ptr<A> instance(const std::shared_ptr<A>& source, bool is_moved) {
    if (!source) return nullptr;
    Decision& decision = *find(source.get());
    if (!decision.instance) {
      if (decision.written != none) {
        const auto target = std::static_pointer_cast<A>(places_[decision.written].target);
        decision.instance = target;
        if (is_moved && source.use_count() == count_of_layers(source.get()))
          *target = std::move(*source);
        else
          *target = std::as_const(*source);
      } else if (decision.is_there || moves_) {
        decision.instance = source;
      } else {
        decision.instance = std::make_shared<A>(*source);
      }
    }
    return std::static_pointer_cast<A>(decision.instance);
  }
  bool has(const void* source) { return find(source); }

 private:
  static constexpr std::size_t none = ~std::size_t{0};
  struct Place {
    std::shared_ptr<void> target;  // the instance in the module that is assigned to
    bool is_trained;               // whether an optimiser or a record refers to it
    const void* layer;             // the Shared layer in the other one
    const void* source;            // its instance
  };
  struct Decision {
    const void* source;
    bool is_there = false;       // in a place of the module assigned to, and stays there
    std::size_t written = none;  // the place whose target takes over the value
    std::shared_ptr<void> instance = nullptr;
  };

  template <class M>
  void add_sources(const M& from) {
    for_each_shared(from, [&](const auto& shared) {
      const auto& source = shared.instance();
      places_.push_back({nullptr, false, &shared, source.get()});
      if (source) add_sources(*source);
    });
  }
  Decision* find(const void* source) {
    for (Decision& decision : decisions_)
      if (decision.source == source) return &decision;
    return nullptr;
  }
  bool is_source(const std::shared_ptr<void>& target) const {
    return std::any_of(places_.begin(), places_.end(), [&](const Place& p) { return p.source == target.get(); });
  }
  bool is_written(const std::shared_ptr<void>& target) const {
    return std::any_of(decisions_.begin(), decisions_.end(), [&](const Decision& decision) {
      return decision.written != none && places_[decision.written].target == target;
    });
  }
  bool is_trained(const void* source) {
    const Decision* const decision = find(source);
    if (!decision) return true;  // a moved module has nothing there
    if (decision->written != none) return places_[decision->written].is_trained;
    return (decision->is_there || moves_) && std::any_of(places_.begin(), places_.end(), [&](const Place& place) {
             return place.is_trained && place.target.get() == source;
           });
  }
  std::ptrdiff_t count_of_layers(const void* source) const {
    List<const void*> layers;
    for (const Place& place : places_)
      if (place.source == source && std::find(layers.begin(), layers.end(), place.layer) == layers.end())
        layers.push_back(place.layer);
    return static_cast<std::ptrdiff_t>(layers.size());
  }

  bool moves_;
  std::vector<Place> places_;
  std::vector<Decision> decisions_;
};

/// The calling thread's copies of modules that have begun: of which Shared layers it is known that they are copied as
/// part of a module, and what the copies of their instances are.
class ModuleCopies {
 public:
  /// The members of `from` are about to be copied to those of `to`; `places` are the offsets of Shared layers in both.
  void begin(const void* to, const void* from, std::size_t size, List<std::uintptr_t> places) {
    Copy copy{address(to), address(from), size, std::move(places)};
    // What lay there is no more.
    std::erase_if(copies_, [&](const Copy& other) { return copy.to < other.end() && other.to < copy.end(); });
    if (copies_.empty()) instances_.clear();
    copies_.push_back(std::move(copy));
  }
  /// Whether `to` and `from` are in the same place of modules one of which is being copied to the other.
  bool covers(const void* to, const void* from) const {
    return std::any_of(copies_.begin(), copies_.end(), [&](const Copy& copy) { return copy.covers(to, from); });
  }

  /// The instance of the Shared layer at `to`, constructed as a copy of the one at `from`.
  template <class A>
  std::shared_ptr<A> instance(const void* to, const void* from, const std::shared_ptr<A>& original) {
    if (find(to, from) == copies_.end()) return original;
    auto copy = copy_of(original);  // of this copy until then, as copies of modules in it are
    take(to, from);
    return copy;
  }
  /// Whether the Shared layer at `to`, which the one at `from` is assigned to, has been given its instance.
  bool take(const void* to, const void* from) {
    const auto copy = find(to, from);
    if (copy == copies_.end()) return false;
    copy->places.erase(std::find(copy->places.begin(), copy->places.end(), address(to) - copy->to));
    if (copy->places.empty()) copies_.erase(copy);
    return true;
  }

  /// The assignment that copies and assignments of modules are part of, if they are.
  SharedAssignment* assignment = nullptr;

 private:
  struct Copy {
    std::uintptr_t to, from;
    std::size_t size;
    List<std::uintptr_t> places;  // where in the module Shared layers are still to be copied

    std::uintptr_t end() const noexcept { return to + size; }
    bool covers(const void* a, const void* b) const noexcept {
      return address(a) >= to && address(a) < end() && address(a) - to == address(b) - from;
    }
  };
  struct Instance {
    const void* original;
    std::weak_ptr<void> copy;
  };
  static std::uintptr_t address(const void* pointer) noexcept { return reinterpret_cast<std::uintptr_t>(pointer); }

  /// The copy in which the Shared layer at `to` is still to be copied from the one at `from`.
  std::vector<Copy>::iterator find(const void* to, const void* from) {
    return std::find_if(copies_.begin(), copies_.end(), [&](const Copy& copy) {
      return copy.covers(to, from) &&
             std::find(copy.places.begin(), copy.places.end(), address(to) - copy.to) != copy.places.end();
    });
  }

  template <class A>
  std::shared_ptr<A> copy_of(const std::shared_ptr<A>& original) {
    if (!original) return nullptr;
    if (assignment && assignment->has(original.get())) return assignment->instance(original, false);
    for (const Instance& known : instances_)
      if (known.original == original.get())
        if (auto copy = known.copy.lock()) return std::static_pointer_cast<A>(std::move(copy));
    auto copy = std::make_shared<A>(*original);
    instances_.push_back({original.get(), copy});
    return copy;
  }

  std::vector<Copy> copies_;
  std::vector<Instance> instances_;
};
inline ModuleCopies& copies_of_modules() {
  static TENON_THREAD_LOCAL ModuleCopies copies;
  return copies;
}

/// Before the members of `from` are copied to those of `to`, unless both are parts of modules of which this is known.
template <class M>
void begin_copy(const M& to, const M& from) {
  List<std::uintptr_t> places;
  for_each_shared(from, [&](const auto& shared) {
    places.push_back(reinterpret_cast<std::uintptr_t>(&shared) - reinterpret_cast<std::uintptr_t>(&from));
  });
  if (!places.empty() && !copies_of_modules().covers(&to, &from))
    copies_of_modules().begin(&to, &from, sizeof(M), std::move(places));
}

/// Calls `f(assignment)` with the assignment that the one of `from` to `to` is part of, or, with a new one, which is
/// checked before anything is changed. Not for modules without Shared layers.
template <class M, class F>
void with_assignment(M& to, const M& from, bool moves, F&& f) {
  SharedAssignment*& current = copies_of_modules().assignment;
  if (current) return f(*current);
  SharedAssignment assignment(moves);
  assignment.add(to, from);
  if (assignment.is_empty()) return;
  assignment.decide();
  struct Current {
    SharedAssignment*& current;
    ~Current() { current = nullptr; }
  } scope{current};
  current = &assignment;
  f(assignment);
}

/// Before the members of `from` are copied to those of `to`: gives the Shared layers of `to` the values, and shares
/// them as those of `from` are shared.
template <class M>
void copy_shared(M& to, const M& from) {
  if (copies_of_modules().covers(&to, &from)) return;
  with_assignment(to, from, false, [&](SharedAssignment& assignment) {
    List<const void*> layers;
    for_each_shared(from, [&](const auto& shared) { layers.push_back(&shared); });
    for_each_shared(to, [&, next = layers.begin()]<class SharedLayer>(SharedLayer& shared) mutable {
      shared.share(assignment.instance(static_cast<const SharedLayer*>(*next++)->instance(), false));
    });
  });
  begin_copy(to, from);
}

/// Before the members of `from` are moved into those of `to`: Shared layers that are trained take over the layers that
/// come, so that optimisers go on with them; then both modules refer to the same instances.
template <class M>
void move_shared(M& to, M& from) {
  with_assignment(to, from, true, [&](SharedAssignment& assignment) {
    List<void*> layers;
    for_each_shared(from, [&](auto& shared) { layers.push_back(&shared); });
    for_each_shared(to, [&, next = layers.begin()]<class SharedLayer>(SharedLayer& shared) mutable {
      auto& moved = *static_cast<SharedLayer*>(*next++);
      const auto instance = assignment.instance(moved.instance(), true);
      shared.share(instance);
      moved.share(instance);
    });
  });
}

}  // namespace detail
}  // namespace tenon::inline TENON_ISA::nn
