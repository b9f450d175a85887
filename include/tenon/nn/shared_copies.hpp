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
    } else if constexpr (requires { member.instance(); }) {
      if (member.instance().use_count() == 1) replaced(*member);
    } else if constexpr (is_module<Member>) {
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
///
/// A copy ends when the last of its Shared layers is copied. One that ends before, by an exception or since a user's
/// own copy leaves members out, is forgotten when something else is copied to where it was.
class ModuleCopies {
 public:
  /// Where in a module its Shared layers are, in bytes.
  using Offsets = List<std::uintptr_t>;
  enum class Kind { construction, assignment };

  /// The members of `from`, of `size` bytes, are about to be copied to those of `to`.
  void begin(Kind kind, const void* to, const void* from, std::size_t size, Offsets places) {
    Copy copy{kind, address(to), address(from), size, std::move(places), instances_};
    if (!copy.instances) copy.instances = std::make_shared<std::vector<Instance>>();
    // What lay there is no more, but for a module that this one is in.
    std::erase_if(copies_, [&](const Copy& other) {
      return copy.to < other.end() && other.to < copy.end() && !other.encloses(copy);
    });
    if (copies_.size() == most) copies_.erase(copies_.begin());
    copies_.push_back(std::move(copy));
  }
  /// Whether `to` and `from` are in the same place of modules one of which is being copied to the other, which knows of
  /// the Shared layers in them.
  bool covers(Kind kind, const void* to, const void* from, const Offsets& places) const {
    return std::any_of(copies_.begin(), copies_.end(), [&](const Copy& copy) {
      return copy.kind == kind && address(to) != copy.to && copy.covers(to, from) &&
             std::all_of(places.begin(), places.end(),
                         [&](std::uintptr_t place) { return copy.awaits(address(to) - copy.to + place); });
    });
  }

  /// The instance of the Shared layer at `to`, constructed as a copy of the one at `from`.
  template <class A>
  std::shared_ptr<A> instance(const void* to, const void* from, const std::shared_ptr<A>& original) {
    const auto copy = find(Kind::construction, to, from);
    if (copy == copies_.end()) return original;
    auto result = copy_of(original, copy->instances);
    take(Kind::construction, to, from);
    return result;
  }
  /// Whether the Shared layer at `to`, which the one at `from` is assigned to, has been given its instance.
  bool is_assigned(const void* to, const void* from) { return take(Kind::assignment, to, from); }

  /// The assignment that copies and assignments of modules are part of, if they are.
  SharedAssignment* assignment = nullptr;

 private:
  static constexpr std::size_t most = 64;
  struct Instance {
    const void* original;
    std::weak_ptr<void> copy;
  };
  using Instances = std::shared_ptr<std::vector<Instance>>;
  struct Copy {
    Kind kind;
    std::uintptr_t to, from;
    std::size_t size;
    Offsets places;  // where Shared layers are still to be copied
    Instances instances;

    std::uintptr_t end() const noexcept { return to + size; }
    bool covers(const void* a, const void* b) const noexcept {
      return address(a) >= to && address(a) < end() && address(a) - to == address(b) - from;
    }
    bool encloses(const Copy& other) const noexcept {
      return to <= other.to && other.end() <= end() && size > other.size;
    }
    bool awaits(std::uintptr_t place) const { return std::find(places.begin(), places.end(), place) != places.end(); }
  };
  static std::uintptr_t address(const void* pointer) noexcept { return reinterpret_cast<std::uintptr_t>(pointer); }

  /// The copy in which the Shared layer at `to` is still to be copied from the one at `from`: the last that began.
  std::vector<Copy>::iterator find(Kind kind, const void* to, const void* from) {
    for (auto copy = copies_.end(); copy != copies_.begin();)
      if ((--copy)->kind == kind && copy->covers(to, from) && copy->awaits(address(to) - copy->to)) return copy;
    return copies_.end();
  }
  bool take(Kind kind, const void* to, const void* from) {
    const auto copy = find(kind, to, from);
    if (copy == copies_.end()) return false;
    copy->places.erase(std::find(copy->places.begin(), copy->places.end(), address(to) - copy->to));
    if (copy->places.empty()) copies_.erase(copy);
    return true;
  }

  // `instances` is a copy: that of a Copy moves when `copies_` grows, as it may meanwhile.
  template <class A>  // NOLINTNEXTLINE(performance-unnecessary-value-param)
  std::shared_ptr<A> copy_of(const std::shared_ptr<A>& original, Instances instances) {
    if (!original) return nullptr;
    if (assignment && assignment->has(original.get())) return assignment->instance(original, false);
    for (const Instance& known : *instances)
      if (known.original == original.get())
        if (auto copy = known.copy.lock()) return std::static_pointer_cast<A>(std::move(copy));
    struct Nested {  // copies in this one share what this one shares
      Instances &current, before;
      ~Nested() { current = before; }
    } const nested{instances_, std::exchange(instances_, instances)};
    auto copy = std::make_shared<A>(*original);
    instances->push_back({original.get(), copy});
    return copy;
  }

  std::vector<Copy> copies_;
  Instances instances_;  // of the copy that is under way
};
inline ModuleCopies& copies_of_modules() {
  static TENON_THREAD_LOCAL ModuleCopies copies;
  return copies;
}

template <class M>
ModuleCopies::Offsets offsets_of_shared(const M& module) {
  ModuleCopies::Offsets offsets;
  for_each_shared(module, [&](const auto& shared) {
    offsets.push_back(reinterpret_cast<std::uintptr_t>(&shared) - reinterpret_cast<std::uintptr_t>(&module));
  });
  return offsets;
}

/// Before the members of `to` are constructed as copies of those of `from`.
template <class M>
void begin_copy(const M& to, const M& from) {
  constexpr auto kind = ModuleCopies::Kind::construction;
  auto places = offsets_of_shared(from);
  if (!places.empty() && !copies_of_modules().covers(kind, &to, &from, places))
    copies_of_modules().begin(kind, &to, &from, sizeof(M), std::move(places));
}

/// Calls `f(assignment)` with the assignment that the one of `from` to `to` is part of, or, with a new one, which is
/// checked before anything is changed. Not for modules without Shared layers.
template <class M, class F>
void with_assignment(M& to, const M& from, bool moves, F&& f) {
  SharedAssignment*& current = copies_of_modules().assignment;
  if (current) {
    bool is_part = true;
    for_each_shared(from, [&](const auto& shared) {
      is_part = is_part && (!shared.instance() || current->has(shared.instance().get()));
    });
    if (is_part) return f(*current);
  }
  SharedAssignment assignment(moves);
  assignment.add(to, from);
  if (assignment.is_empty()) return;
  assignment.decide();
  struct Current {
    SharedAssignment *&current, *before;
    ~Current() { current = before; }
  } const scope{current, std::exchange(current, &assignment)};
  f(assignment);
}

/// Before the members of `from` are copied to those of `to`: gives the Shared layers of `to` the values, and shares
/// them as those of `from` are shared.
template <class M>
void copy_shared(M& to, const M& from) {
  constexpr auto kind = ModuleCopies::Kind::assignment;
  auto places = offsets_of_shared(from);
  if (places.empty() || copies_of_modules().covers(kind, &to, &from, places)) return;
  with_assignment(to, from, false, [&](SharedAssignment& assignment) {
    List<const void*> layers;
    for_each_shared(from, [&](const auto& shared) { layers.push_back(&shared); });
    for_each_shared(to, [&, next = layers.begin()]<class SharedLayer>(SharedLayer& shared) mutable {
      shared.share(assignment.instance(static_cast<const SharedLayer*>(*next++)->instance(), false));
    });
  });
  copies_of_modules().begin(kind, &to, &from, sizeof(M), std::move(places));
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
