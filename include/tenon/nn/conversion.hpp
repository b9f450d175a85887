/// \file
/// Modules of another element type or place: how `to<T>()`, `cuda(id)` and `cpu()` find their type and their elements.
#pragma once

#include <memory>
#include <vector>

#include "../core/allocator.hpp"
#include "../core/any_tensor.hpp"
#include "members.hpp"
#include "tags.hpp"

namespace tenon::inline TENON_ISA::nn {

namespace detail {

/// Calls `f` with `module`, its parameters and buffers, and the same of the modules below it.
template <class M, class F>
void for_each_part(M& module, F&& f) {
  f(module);
  for_each_member(module, [&](const char*, auto& member) {
    using Member = std::remove_cvref_t<decltype(member)>;
    if constexpr (is_parameter<Member> || is_buffer<Member>)
      f(member);
    else if constexpr (is_module<Member>)
      for_each_part(member, f);
  });
}

template <class M> concept BuiltIn = requires { typename M::built_in; };
template <class M, class Conversion>
concept Rebindable = BuiltIn<M> && requires { typename M::template rebind<Conversion>; };

// The module type with its element type converted: a built-in layer rebinds its dtype tag, if it has one; a user's
// module is a template on its element type.
template <class M, class Conversion>
struct rebound {};
template <template <class> class M, class Element, class Conversion>
  requires(!BuiltIn<M<Element>> && requires { DTypeOf<typename placed<Element>::type>::value; })
struct rebound<M<Element>, Conversion> {
  using type = M<typename Conversion::template apply<Element>>;
};
template <BuiltIn M, class Conversion>
struct rebound<M, Conversion> {
  using type = M;
};
template <class M, class Conversion>
  requires Rebindable<M, Conversion>
struct rebound<M, Conversion> {
  using type = typename M::template rebind<Conversion>;
};

template <class M, class Conversion> concept Convertible = requires { typename rebound<M, Conversion>::type; };

/// The tensor on the host with the element type and shape of one at any place.
template <class TensorType>
using host_tensor_t = tensor_of_t<typename TensorType::value_type, shape_of_t<TensorType>>;

template <class TensorType>
decltype(auto) on_host(const TensorType& tensor) {
  if constexpr (std::is_same_v<typename TensorType::place, host>)
    return (tensor);
  else
    return tensor.to_host();
}

/// Assigns `entry` to the tensor of type `TensorType` at `tensor`. The entry has its shape, and a dtype that converts
/// to its own.
template <class TensorType>
void assign(void* tensor, const AnyTensor& entry) {
  auto& target = *static_cast<TensorType*>(tensor);
  constexpr DType dtype = dtype_of<typename TensorType::value_type>;
  if constexpr (std::is_same_v<typename TensorType::place, host>)
    entry.convert_to(target.data(), dtype);
  else
    target = entry.to(dtype).template get<host_tensor_t<TensorType>>();
}

/// The modes, flags and elements of a module's parts, and what a part carries beside them, on their way to a module of
/// the same structure. The module lives as long as this.
class Snapshot {
 public:
  template <class Part>
  void take(const Part& part) {
    if constexpr (requires { part.instance(); }) instances_.push_back(part.instance().get());
    if constexpr (requires { part.carried(); }) carried_.push_back(&part.carried());
    if constexpr (is_module<Part>) flags_.push_back(part.is_training());
    if constexpr (is_parameter<Part>) flags_.push_back(part.requires_grad());
    if constexpr (!is_module<Part>) tensors_.emplace_back(on_host(part.data()));
  }
  /// Parts come in the order in which they were taken.
  template <class Part>
  void give(Part& part) {
    if constexpr (requires { part.instance(); }) share(part, instances_[instance_++]);
    if constexpr (requires { part.carried(); })
      part.carried() = *static_cast<const std::remove_reference_t<decltype(part.carried())>*>(carried_[carry_++]);
    if constexpr (is_module<Part>) part.set_training(flags_[flag_++]);
    if constexpr (is_parameter<Part>) part.requires_grad(flags_[flag_++]);
    if constexpr (!is_module<Part>) {
      host_tensor_t<typename Part::tensor_type> converted(uninitialized);
      tensors_[tensor_++].convert_to(converted.data(), dtype_of<typename Part::tensor_type::value_type>);
      part.data() = std::move(converted);
    }
  }

 private:
  // What shared one instance shares one again.
  template <class Part>
  void share(Part& part, const void* instance) {
    using Instance = typename std::remove_cvref_t<decltype(part.instance())>::element_type;
    for (const Made& made : made_)
      if (made.original == instance) return part.share(std::static_pointer_cast<Instance>(made.instance));
    made_.push_back({instance, part.instance()});
  }

  List<bool> flags_;
  std::vector<AnyTensor> tensors_;
  List<const void*> instances_, carried_;
  struct Made {
    const void* original;
    std::shared_ptr<void> instance;
  };
  std::vector<Made> made_;
  std::size_t flag_ = 0, tensor_ = 0, instance_ = 0, carry_ = 0;
};

/// Copies modes, parameters and buffers from a module of the same structure and another element type or place.
template <class To, class From>
void copy_converted(To& to, const From& from) {
  Snapshot snapshot;
  for_each_part(from, [&](const auto& part) { snapshot.take(part); });
  for_each_part(to, [&](auto& part) { snapshot.give(part); });
}

template <class M, class Conversion>
struct rebound_or_same {
  using type = M;
};
template <class M, class Conversion>
  requires Convertible<M, Conversion>
struct rebound_or_same<M, Conversion> {
  using type = typename rebound<M, Conversion>::type;
};

/// A tensor with its element type, if that is floating, and its place converted.
template <class TensorType, class Conversion, class S = shape_of_t<TensorType>>
struct rebound_tensor;
template <class TensorType, class Conversion, index_t... D>
struct rebound_tensor<TensorType, Conversion, Shape<D...>> {
 private:
  using T = typename TensorType::value_type;
  using converted = placed<typename Conversion::template apply<typename place_at<typename TensorType::place, T>::type>>;
  using element = std::conditional_t<std::is_floating_point_v<T>, typename converted::type, T>;

 public:
  using type = typename converted::place::template tensor<element, D...>;
};
template <class TensorType, class Conversion>
struct rebound_or_same<Parameter<TensorType>, Conversion> {
  using type = Parameter<typename rebound_tensor<placed_tensor_t<TensorType>, Conversion>::type>;
};
template <class TensorType, class Conversion>
struct rebound_or_same<Buffer<TensorType>, Conversion> {
  using type = Buffer<typename rebound_tensor<placed_tensor_t<TensorType>, Conversion>::type>;
};
}  // namespace detail

/// `M` with its element types converted if it has any, else `M`.
template <class M, class Conversion>
using rebound_or_same_t = typename detail::rebound_or_same<M, Conversion>::type;

}  // namespace tenon::inline TENON_ISA::nn
