/// \file
/// The option tags of the layers, named as in the manual, and how parameters depend on them.
#pragma once

#include <cstdio>
#include <string>

#include "../autograd/variable.hpp"
#include "../core/tags.hpp"

namespace tenon::inline TENON_ISA::nn {

template <auto...> struct kernel_size {};
template <auto...> struct stride {};
template <auto...> struct padding {};
template <auto...> struct dilation {};
template <auto...> struct groups {};
template <auto...> struct bias {};
template <auto...> struct return_indices {};
template <auto...> struct ceil_mode {};
template <auto...> struct eps {};
template <auto...> struct momentum {};
template <auto...> struct affine {};
template <auto...> struct p {};
template <auto...> struct dim {};
template <auto...> struct size_average {};
template <auto...> struct ignore_index {};
template <auto...> struct start_dim {};
template <auto...> struct end_dim {};

/// A parameter that an option may leave out.
template <bool Present, class TensorType>
using parameter_if = std::conditional_t<Present, Parameter<TensorType>, Absent>;

/// How options are printed: as Python would.
template <std::size_t Rank>
std::string repr(const std::array<index_t, Rank>& axes) {
  std::string text = "(";
  for (std::size_t a = 0; a < Rank; ++a) text += (a ? ", " : "") + std::to_string(axes[a]);
  return text + (Rank == 1 ? ",)" : ")");
}
inline std::string repr(double value) {
  char text[32];
  std::snprintf(text, sizeof text, "%.12g", value);
  return text;
}

namespace detail {
template <template <class...> class WithTags, class T, class Kept, class... Tags>
struct replace_dtype;
template <template <class...> class WithTags, class T, class... Kept>
struct replace_dtype<WithTags, T, std::tuple<Kept...>> {
  using type = WithTags<Kept..., dtype<T>>;
};
template <template <class...> class WithTags, class... Kept>
struct replace_dtype<WithTags, float, std::tuple<Kept...>> {  // the default is not written
  using type = WithTags<Kept...>;
};
template <template <class...> class WithTags, class T, class... Kept, class Old, class... Rest>
struct replace_dtype<WithTags, T, std::tuple<Kept...>, dtype<Old>, Rest...>
    : replace_dtype<WithTags, T, std::tuple<Kept...>, Rest...> {};
template <template <class...> class WithTags, class T, class... Kept, class First, class... Rest>
struct replace_dtype<WithTags, T, std::tuple<Kept...>, First, Rest...>
    : replace_dtype<WithTags, T, std::tuple<Kept..., First>, Rest...> {};
}  // namespace detail

/// `WithTags<Tags...>` with its dtype replaced by `T`.
template <template <class...> class WithTags, class T, class... Tags>
using replace_dtype_t = typename detail::replace_dtype<WithTags, T, std::tuple<>, Tags...>::type;

}  // namespace tenon::inline TENON_ISA::nn
