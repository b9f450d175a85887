// What the tests share and no layer's type changes.
#include "subject.hpp"

#include <cmath>
#include <numeric>

namespace tenon_test {

void compare(const std::string& what, const std::vector<double>& got, const std::vector<double>& want, double rtol,
             double atol) {
  BOOST_TEST_REQUIRE(got.size() == want.size(), what << ": " << got.size() << " elements, wanted " << want.size());
  std::size_t differ = 0, first = 0;
  for (std::size_t i = 0; i < want.size(); ++i)
    if (const double difference = std::fabs(got[i] - want[i]);
        !(is_finite(difference) && difference <= atol + rtol * std::fabs(want[i])) && differ++ == 0)
      first = i;
  BOOST_TEST(differ == 0u, what << ": " << differ << " of " << want.size() << " differ, first at [" << first
                                << "]: " << got[first] << ", wanted " << want[first]);
}

// ---- views

std::size_t View::size() const {
  return static_cast<std::size_t>(std::accumulate(extents.begin(), extents.end(), index_t{1}, std::multiplies<>()));
}

/// `f` of the elements at `elements`, of the view's type.
template <class F>
auto with_elements(const View& view, void* elements, F&& f) {
  switch (view.dtype) {
    case tenon::DType::F32:
      return f(std::span(static_cast<float*>(elements), view.size()));
    case tenon::DType::F64:
      return f(std::span(static_cast<double*>(elements), view.size()));
    case tenon::DType::I64:
      return f(std::span(static_cast<std::int64_t*>(elements), view.size()));
    default:
      BOOST_FAIL("a tensor of an unexpected type");
      std::abort();
  }
}

std::size_t View::bytes() const { return size() * (dtype == tenon::DType::F32 ? 4 : 8); }

std::vector<double> View::numbers() const {
  if (memory) {
    std::vector<std::byte> copy(bytes());
    memory->read(data, bytes(), copy.data());
    return View{dtype, extents, copy.data()}.numbers();
  }
  return with_elements(*this, data,
                       [](auto elements) { return std::vector<double>(elements.begin(), elements.end()); });
}
std::vector<double> View::gradients() const { return of_gradient().numbers(); }

void View::assign(const std::vector<double>& numbers) const {
  BOOST_TEST_REQUIRE(numbers.size() == size());
  if (memory) {
    std::vector<std::byte> copy(bytes());
    View{dtype, extents, copy.data()}.assign(numbers);
    memory->write(copy.data(), bytes(), data);
    return;
  }
  with_elements(*this, data, [&](auto elements) {
    using Element = typename decltype(elements)::value_type;
    std::transform(numbers.begin(), numbers.end(), elements.begin(), [](double x) { return static_cast<Element>(x); });
  });
}

void View::randomize(index_t classes, double low, double high) const {
  with_elements(*this, data, [&]<class T>(std::span<T> elements) {
    if constexpr (std::is_integral_v<T>) {
      for (T& label : elements) label = static_cast<T>(tenon::generator()() % static_cast<unsigned>(classes));
    } else {
      struct Elements : std::span<T> {
      } all{elements};
      tenon::fill_uniform(all, (high - low) / 2);
      for (T& element : elements) element += static_cast<T>((high + low) / 2);
    }
  });
}

std::string description(const Case& c, std::string_view function) {
  std::string types(function.substr(std::min(function.size(), function.find('['))));
  // tenon::avx2::nn::Linear is nn::Linear.
  for (std::size_t at; (at = types.find("tenon::")) != std::string::npos;)
    types.erase(at, types.find("::", at + std::string_view("tenon::").size()) + 2 - at);
  return (c.vectors ? c.vectors : "random inputs") + (", " + types);
}

}  // namespace tenon_test
