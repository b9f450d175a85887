/// \file
/// `nn::DataParallel`: a module that computes the parts of a batch in several threads. Needs oneTBB: link with `-ltbb`.
#pragma once

#include <algorithm>
#include <tuple>
#include <utility>

#include "../nn/compose.hpp"
#include "replicas_node.hpp"

namespace tenon::inline TENON_ISA {

namespace parallel {

constexpr bool are_distinct(const auto& numbers) {
  for (auto i = numbers.begin(); i != numbers.end(); ++i)
    if (std::find(numbers.begin(), i, *i) != i) return false;
  return true;
}
/// The option device_ids: numbers, none of them twice.
template <class Default>
struct DeviceIds : tag::Declaration<Default> {
  template <class Tag>
  using result = typename tag::detail::axes<int{tag::detail::count<Tag>::value}, Tag>::type;
  template <class Tag>
  static constexpr bool fits = [] {
    if constexpr (tag::detail::count<Tag>::value == 0)
      return false;
    else
      return tag::detail::values<Tag>::at_least(0) && are_distinct(result<Tag>::value);
  }();
};

// What errors show: the extent along the axis that is split, or the shape of a tensor that has none; the devices.
template <index_t Extent>
struct batch {};
template <index_t Count>
struct devices {};
template <class Split, class S>
constexpr auto shown() {
  if constexpr (Split::template has_axis<S>)
    return batch<S::dims[Split::template axis<S>]>{};
  else
    return S{};
}

template <class X>
inline constexpr bool is_on_host = false;
template <class X>
  requires requires { typename autograd::argument_t<X>::place; }
inline constexpr bool is_on_host<X> =
    !detail::is_symbolic<X> && std::is_same_v<typename autograd::argument_t<X>::place, host>;

}  // namespace parallel

namespace nn {

/// `torch.nn.DataParallel(module, device_ids, output_device, dim=0)`: splits a batch into as many equal parts as there
/// are devices, computes them at once, each with a replica of the module, and puts the results together. On the host
/// the devices are threads of oneTBB, and the ids are only names.
///
/// (batch, *) -> (batch, *), along the axis `dim` of every argument and result; negative ones count from the last. A
/// batch that the number of devices does not divide is one compile error. A module may take several arguments and
/// return a std::tuple. Tags: device_ids<...> (required), output_device<> (one of them), dim<0>. Keys: `module.`, and
/// then the module's.
///
/// The parameters are those of `module`, and `backward` adds the replicas' gradients to theirs, in the order of the
/// devices: a step gives the same bits each time, and what the module alone gives up to rounding. What normalizes over
/// the batch does so over each part; the running statistics that stay are those of the first device. Random numbers of
/// the other devices follow from the calling thread's, so `manual_seed` makes them repeatable.
///
/// A call changes the replicas: one thread at a time, on Tensors as well. A const DataParallel, one in a compiled net
/// and one on a device is `module` itself. The replicas have copies of everything that the module's classes name; what
/// these do not name is copied when the replicas are made, in the first call and after an assignment.
///
///     #include <tenon/parallel/data_parallel.hpp>
///     nn::DataParallel<nn::Linear<4, 2>, nn::device_ids<0, 1>> model;
///     nn::Variable y = model(nn::Variable{Tensor<float, 6, 4>{}});  // two times (3, 4) -> (3, 2)
///     y.backward(Tensor<float, 6, 2>{});
///     assert(model.state_dict().contains("module.weight"));
template <class Model, class... Tags>
class DataParallel : public Container<DataParallel<Model, Tags...>> {
  using options =
      tag::Options<tag::Given<Tags...>, parallel::DeviceIds<nn::device_ids<>>,
                   tag::Optional<tag::Integer<nn::output_device<>, tag::NotNegative>>, tag::Integer<nn::dim<0>>>;
  static constexpr auto ids = tag::type<options, nn::device_ids>::value;
  static constexpr int dim = static_cast<int>(tag::value<options, nn::dim>);
  using Split = parallel::Split<dim, ids.size()>;
  using Replicas = parallel::Replicas<Model, ids.size()>;

 public:
  static constexpr std::string_view name = "DataParallel";
  /// It adds up the gradients of its threads when all of these have ended: for DistributedDataParallel.
  using completes_gradients_late = void;
  template <class Conversion>
  using rebind = DataParallel<rebound_or_same_t<Model, Conversion>, Tags...>;

  BOOST_HANA_DEFINE_STRUCT(DataParallel, (Model, module));

  DataParallel() { check(); }
  explicit DataParallel(Model model) : module(std::move(model)) { check(); }

  using children_types = Children<Model>;
  static constexpr bool numbers_children = false;
  template <std::size_t I>
  Model& child() noexcept {
    return module;
  }
  template <std::size_t I>
  const Model& child() const noexcept {
    return module;
  }
  template <class Compose, class X>
  static constexpr auto compose(const Compose& compose, const X& x) {
    return compose.template child<0>(x);
  }

  /// `module(x...)`, the parts of Tensors and Variables of the host at once.
  template <class... X>
  auto forward(const X&... x) {
    if constexpr (ids.size() == 1 || !(parallel::is_on_host<X> && ...)) {
      return call_module(*this, x...);
    } else if constexpr (!(Split::template divides<shape_of_t<X>> && ...)) {
      TENON_REJECT("DataParallel: the number of devices does not divide the batch, which is axis dim of each argument",
                   decltype(parallel::shown<Split, shape_of_t<X>>())..., parallel::devices<Split::count>);
      return Rejected{};
    } else {
      using Result = decltype(module(std::declval<const typename parallel::part_of<Split, X>::type&>()...));
      if constexpr (tenon::detail::is_rejected<Result>) {
        return Rejected{};
      } else {
        using Results = typename parallel::results_of<Result>::type;
        return call_replicas(std::type_identity<Results>{}, std::make_index_sequence<std::tuple_size_v<Results>>{},
                             x...);
      }
    }
  }
  /// `module(x...)`
  template <class... X>
  auto forward(const X&... x) const {
    return call_module(*this, x...);
  }

 private:
  static constexpr void check() {
    tag::check<DataParallel>(options{});
    if constexpr (tag::option<options, nn::output_device>::is_given)
      tag::require<DataParallel, options, nn::output_device,
                   std::find(ids.begin(), ids.end(), tag::value<options, nn::output_device>) != ids.end()>();
  }

  template <class Self, class... X>
  static auto call_module(Self& self, const X&... x) {
    if constexpr (sizeof...(X) == 1)
      return detail::call_child(self.module, x...);
    else
      return self.module(x...);
  }

  template <class... R, std::size_t... I, class... X>
  auto call_replicas(std::type_identity<std::tuple<R...>>, std::index_sequence<I...>, const X&... x) {
    if constexpr (!(Split::template has_axis<shape_of_t<R>> && ...)) {
      TENON_REJECT("DataParallel: a result of the module has no axis dim, along which the parts are put together",
                   shape_of_t<R>...);
      return Rejected{};
    } else {
      using Node = parallel::ReplicasNode<Replicas, Split, std::tuple<X...>, std::tuple<R...>>;
      const auto& replicas = replicas_.of(module);
      std::tuple wholes{typename parallel::whole_of<Split, R>::type(uninitialized)...};
      parallel::Records<ids.size(), sizeof...(X), sizeof...(R)> records;
      replicas->run([&](std::size_t device) {
        Model& model = device > 0 ? replicas->replica(device).module() : module;
        const std::tuple<typename parallel::part_of<Split, X>::type...> parts{
            parallel::part_of<Split, X>::take(x, device)...};
        const std::tuple<R...> results(std::apply(model, parts));
        (parallel::whole_of<Split, R>::put(std::get<I>(results), device, std::get<I>(wholes)), ...);
        records[device].keep(parts, results);
      });
      boost::intrusive_ptr<Node> node;
      if constexpr ((is_variable<R> || ...))
        if (records[0].wants_grad()) node = new Node(replicas, module, std::move(records), x...);
      const bool is_volatile = (autograd::is_volatile(x) || ...);
      std::tuple whole_results{finished<R, I>(std::get<I>(std::move(wholes)), node.get(), is_volatile)...};
      if constexpr (sizeof...(R) == 1)
        return std::get<0>(std::move(whole_results));
      else
        return whole_results;
    }
  }
  /// Returns result `I` of a call, which `node` records unless it is null.
  template <class R, std::size_t I, class Whole, class Node>
  static auto finished(Whole&& whole, [[maybe_unused]] Node* node, [[maybe_unused]] bool is_volatile) {
    if constexpr (is_variable<R>) {
      Variable<Whole> result(std::move(whole));
      if (node) node->template attach<I>(*result.state());
      if (is_volatile) result.state()->make_volatile();
      return result;
    } else {
      return std::move(whole);
    }
  }

  parallel::ReplicasPointer<Model, ids.size()> replicas_;
};

}  // namespace nn
}  // namespace tenon::inline TENON_ISA
