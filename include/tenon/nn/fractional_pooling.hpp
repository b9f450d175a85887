/// \file
/// Pooling over windows at random distances.
#pragma once

#include "../core/error.hpp"
#include "../core/random.hpp"
#include "pooling.hpp"

namespace tenon::inline TENON_ISA {

namespace operation {

/// The extent of a fractional pooling's output: as given, or a part of the input's.
template <class Size>
struct GivenSize {
  static constexpr index_t of(index_t, std::size_t a) { return Size::value[a]; }
};
template <double Height, double Width>
struct SizeRatio {
  static constexpr std::array<double, 2> ratio{Height, Width};
  static constexpr index_t of(index_t input, std::size_t a) {
    return static_cast<index_t>(static_cast<double>(input) * ratio[a]);
  }
};

/// The largest element of each window of (N, C, H, W), whose places follow from samples (N, C, 2) in [0, 1): the first
/// of each pair those along the width. Samples that are left out (Absent) are drawn by the call.
template <class Kernel, class Output, bool ReturnIndices>
struct FractionalMaxPool {
  static constexpr std::string_view name = "FractionalMaxPool2d";
  static constexpr autograd::Needs backward_needs = autograd::needs_nothing;
  static constexpr bool return_indices = ReturnIndices;
  using windows = FractionalWindows<Kernel, Output>;

  struct FractionalMaxPool2d {
    static constexpr std::string_view name = FractionalMaxPool::name;
  };
  template <std::size_t I, class T>
  using result_element = std::conditional_t<I == 1, std::int64_t, T>;

  template <index_t... D, class Samples>
  static consteval auto output_shape(Shape<D...> x, Samples) {
    using Pooled = pooled_shape_t<FractionalMaxPool2d, windows, Shape<D...>>;
    if constexpr (is_rejection<Pooled>)
      return Pooled{};
    else if constexpr (!std::is_same_v<Samples, Absent> && !std::is_same_v<Samples, samples<decltype(x)>>)
      return reject_t<FractionalMaxPool2d, expected_second_operand<Pooled::dims[0], Pooled::dims[1], 2>, Samples>{};
    else if constexpr (ReturnIndices)
      return Shapes<Pooled, Pooled>{};
    else
      return Pooled{};
  }
  /// The shape of the samples for images of shape `S`.
  template <class S>
  using samples = Shape<S::dims[0], S::dims[1], 2>;

  [[noreturn]] static void raise_sample(index_t position, double found) {
    raise("FractionalMaxPool2d: sample " + to_text(position) + " is " + to_text(found) +
          ", wanted at least 0 and less than 1");
  }
};

struct IsNoSample {
  template <class T>
  TENON_HOST_DEVICE bool operator()(const T& u) const {
    return !(u >= T(0) && u < T(1));
  }
};
/// Draws samples on the host, the same ones at every place.
template <class Place, class T>
void draw_samples(index_t count, T* samples) {
  memory::Array<T> drawn(static_cast<std::size_t>(count));
  draw_uniform(drawn.data(), drawn.size());
  Place::from_host(static_cast<const T*>(drawn.data()), count, samples);
}

/// The kernel of a FractionalMaxPool where `Pick` finds the largest elements of windows.
template <class Operation, class Pick>
struct FractionalKernel {
  using Saved = typename Pick::Saved;

  template <class Y, class X>
  static void forward(const Operation&, Saved* saved, Y& y, const X& x, Absent) {
    using T = typename X::value_type;
    constexpr index_t count = Operation::template samples<shape_of_t<X>>::size;
    typename X::place::template array<T> samples(count);
    draw_samples<typename X::place>(count, samples.data());
    Pick::forward(Operation::windows::geometry(shape_of_t<X>{}, static_cast<const T*>(samples.data())), saved, y, x);
  }
  template <class Y, class X, class Samples>
  static void forward(const Operation&, Saved* saved, Y& y, const X& x, const Samples& samples) {
    using Place = typename X::place;
    constexpr index_t count = shape_of_t<Samples>::size;
    if (const index_t at = Place::find(count, IsNoSample{}, samples.data()); at < count)
      Operation::raise_sample(at, static_cast<double>(read<Place>(samples.data() + at)));
    Pick::forward(Operation::windows::geometry(shape_of_t<X>{}, samples.data()), saved, y, x);
  }

  template <class Y, class GradY, class X, class Samples>
  static void backward(const Operation&, const Saved& saved, const Y&, const GradY& grad_y, const autograd::Input<X>& x,
                       const autograd::Input<Samples>& samples) {
    if constexpr (!std::is_same_v<Samples, Absent>) samples.grad_to_add();  // they have none
    using T = typename X::value_type;
    Pick::backward(Operation::windows::geometry(shape_of_t<X>{}, static_cast<const T*>(nullptr)), saved, grad_y, x);
  }
};

}  // namespace operation

namespace nn {

namespace detail {
/// A part of each axis, or one for both.
template <class Default>
struct SizeRatio : tag::Declaration<Default> {
  template <class Tag>
  struct parts;
  template <template <auto...> class Tag, auto... V>
  struct parts<Tag<V...>> {
    static constexpr std::array<double, sizeof...(V)> value{static_cast<double>(V)...};
    static constexpr bool fit = (sizeof...(V) == 1 || sizeof...(V) == 2) && ((V > 0 && V < 1) && ...);
  };
  template <class Tag>
  static constexpr bool fits = parts<Tag>::fit;
  template <class Tag>
  using result = tenon::operation::SizeRatio<parts<Tag>::value.front(), parts<Tag>::value.back()>;
};
}  // namespace detail

/// `torch.nn.FractionalMaxPool2d`: (N, C, H, W) -> (N, C, H', W'), the largest of windows at random distances.
///
/// Tags: kernel_size (required), output_size or output_ratio (each in (0, 1); one of the two is required),
/// return_indices<false> as `MaxPool1d`'s. `pool(x)` draws samples from the thread's generator in each call, in
/// evaluation mode and in a compiled net too; `pool(x, samples)` is given them, (N, C, 2) in [0, 1), and throws
/// tenon::Error for one outside. Graham, "Fractional max-pooling", 2014.
///
///     nn::FractionalMaxPool2d<nn::kernel_size<3>, nn::output_ratio<0.5, 0.5>> layer;
///     Tensor<float, 20, 16, 25, 16> y = layer(Tensor<float, 20, 16, 50, 32>{});
template <class... Tags>
class FractionalMaxPool2d : public Layer<FractionalMaxPool2d<Tags...>> {
  using options = tag::Options<tag::Given<Tags...>, detail::KernelSize<2>,
                               tag::Optional<detail::OutputSize<2>, tag::given<nn::output_ratio, Tags...>>,
                               tag::Optional<detail::SizeRatio<nn::output_ratio<>>>, detail::ReturnIndices>;
  static constexpr bool has_size = tag::option<options, nn::output_size>::is_given;
  static constexpr bool has_ratio = tag::option<options, nn::output_ratio>::is_given;
  using output = std::conditional_t<has_ratio, tag::type<options, nn::output_ratio>,
                                    tenon::operation::GivenSize<tag::type<options, nn::output_size>>>;

 public:
  using operation = tenon::operation::FractionalMaxPool<tag::type<options, nn::kernel_size>, output,
                                                        tag::value<options, nn::return_indices>>;
  FractionalMaxPool2d() {
    tag::check<FractionalMaxPool2d>(options{});
    tag::require<FractionalMaxPool2d, options, nn::output_ratio, !(has_ratio && has_size)>();
  }

  template <class X>
  auto forward(const X& x) const {
    return apply(operation{}, x, Absent{});
  }
  template <class X, class Samples>
  auto forward(const X& x, const Samples& samples) const {
    return apply(operation{}, x, samples);
  }
};

}  // namespace nn
}  // namespace tenon::inline TENON_ISA
