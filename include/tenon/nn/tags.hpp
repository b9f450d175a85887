/// \file
/// The option tags of the layers, named as in the manual, how they are printed, and how parameters depend on them.
#pragma once

#include <cstdio>
#include <string>
#include <string_view>

#include "../autograd/variable.hpp"
#include "../core/options.hpp"

namespace tenon::inline TENON_ISA {

namespace detail {
/// The unqualified name of a class: of modules of users, of option tags.
template <class M>
constexpr std::string_view class_name() {
  std::string_view text = TENON_PRETTY_FUNCTION;
#if defined(__GNUC__) || defined(__clang__)
  text.remove_prefix(text.find("M = ") + 4);
#else
  text.remove_prefix(text.rfind("class_name<") + 11);  // up to "struct app::Net<2>>(void)"
#endif
  text = text.substr(0, text.find_first_of("<>;]"));
  text.remove_prefix(text.find_last_of(": ") + 1);
  return text;
}
}  // namespace detail

namespace nn {

template <auto...> struct kernel_size {};
template <auto...> struct stride {};
template <auto...> struct padding {};
template <auto...> struct output_padding {};
template <auto...> struct output_size {};
template <auto...> struct output_ratio {};
template <auto...> struct dilation {};
template <auto...> struct groups {};
template <auto...> struct bias {};
template <auto...> struct return_indices {};
template <auto...> struct ceil_mode {};
template <auto...> struct count_include_pad {};
template <auto...> struct eps {};
template <auto...> struct momentum {};
template <auto...> struct track_running_stats {};
template <auto...> struct affine {};
template <auto...> struct elementwise_affine {};
template <auto...> struct normalized_shape {};
template <auto...> struct p {};
template <auto...> struct dim {};
template <auto...> struct size_average {};
template <auto...> struct ignore_index {};
template <auto...> struct start_dim {};
template <auto...> struct end_dim {};
template <auto...> struct alpha {};
template <auto...> struct beta {};
template <auto...> struct lambd {};
template <auto...> struct max_value { static constexpr std::string_view printed = "max_val"; };
template <auto...> struct margin {};
template <auto...> struct min_value { static constexpr std::string_view printed = "min_val"; };
template <auto...> struct negative_slope {};
template <auto...> struct num_parameters {};
template <auto...> struct init {};
template <auto...> struct threshold {};
template <auto...> struct value {};
template <auto...> struct size {};
template <auto...> struct scale_factor {};
template <auto...> struct padding_idx {};
template <auto...> struct max_norm {};
template <auto...> struct norm_type {};
template <auto...> struct scale_grad_by_freq {};
template <auto...> struct unflattened_size {};
template <auto...> struct num_layers {};
template <auto...> struct nonlinearity {};
template <auto...> struct batch_first {};
template <auto...> struct dropout {};
template <auto...> struct bidirectional {};
template <auto...> struct start {};
template <auto...> struct end {};
template <auto...> struct step {};
template <auto...> struct sizes {};
template <auto...> struct device_ids {};
template <auto...> struct output_device {};

/// A parameter that an option may leave out.
template <bool Present, class TensorType>
using parameter_if = std::conditional_t<Present, Parameter<TensorType>, Absent>;

/// How options are printed: as Python would.
template <std::size_t Rank>
Text repr(const std::array<index_t, Rank>& axes) {
  Text text = "(";
  for (std::size_t a = 0; a < Rank; ++a) text += (a ? ", " : "") + to_text(axes[a]);
  return text + (Rank == 1 ? ",)" : ")");
}
inline Text repr(bool value) { return value ? "True" : "False"; }
inline Text repr(index_t value) { return to_text(value); }
inline Text repr(double value) {
  char text[32];
  std::snprintf(text, sizeof text, "%.12g", value);
  return text;
}

namespace detail {
// What PyTorch has options for, and the layers here do one way.
template <auto...> struct inplace {};

template <class Declaration, class Tag>
void print_option(tag::Option<Declaration, Tag>, Text& text) {
  using Option = tag::Option<Declaration, Tag>;
  constexpr tag::Printed printed = Declaration::printed;
  if constexpr (Option::is_given && printed != tag::Printed::never &&
                !(printed == tag::Printed::unless_default && Option::is_default)) {
    if (!text.empty()) text += ", ";
    if constexpr (printed != tag::Printed::without_name) {
      if constexpr (requires { Tag::printed; })
        text += Tag::printed;
      else
        text += tenon::detail::class_name<Tag>();
      text += '=';
    }
    constexpr auto value = Option::type::value;
    if constexpr (requires { Declaration::repr(value); })
      text += Declaration::repr(value);
    else
      text += repr(value);
  }
}
}  // namespace detail

/// `text`, and the options of a layer as PyTorch prints them.
template <class Given, class... Declared>
Text repr(tag::Options<Given, Declared...> options, Text text = {}) {
  (detail::print_option<Declared>(options, text), ...);
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

namespace detail {
template <class Element>
struct placed {
  using place = host;
  using type = Element;
};
template <class Place, class T>
struct placed<on<Place, T>> {
  using place = Place;
  using type = T;
};
template <class Place, class T>
struct place_at {
  using type = on<Place, T>;
};
template <class T>
struct place_at<host, T> {
  using type = T;
};
}  // namespace detail

/// A conversion of what `dtype` holds: to another element type at the same place.
template <class T>
struct to_type {
  template <class Old>
  using apply = typename detail::place_at<typename detail::placed<Old>::place, T>::type;
};
/// A conversion of what `dtype` holds: the same element type at another place.
template <class Place>
struct to_place {
  template <class Old>
  using apply = typename detail::place_at<Place, typename detail::placed<Old>::type>::type;
};

/// `WithTags<Tags...>` with its dtype converted.
template <template <class...> class WithTags, class Conversion, class... Tags>
using convert_dtype_t = typename detail::replace_dtype<
    WithTags,
    typename Conversion::template apply<
        typename detail::place_at<typename tag::detail::place<Tags...>::type, tag::element_t<Tags...>>::type>,
    std::tuple<>, Tags...>::type;

}  // namespace nn
}  // namespace tenon::inline TENON_ISA
