// What the chapters share and no layer's type changes.
#include "chapter.hpp"

#include <filesystem>
#include <tenon/io/safetensors.hpp>

namespace tenon_test {

StateDict load_vectors(const std::string& name) {
  return tenon::io::load_safetensors(std::filesystem::path(TENON_VECTORS) / (name + ".safetensors"));
}

std::vector<double> numbers(const tenon::AnyTensor& entry) {
  std::vector<double> result(static_cast<std::size_t>(entry.size()));
  const auto read = [&]<class T>(std::type_identity<T>) {
    const auto* source = reinterpret_cast<const T*>(entry.data());
    for (std::size_t i = 0; i < result.size(); ++i) result[i] = static_cast<double>(source[i]);
  };
  switch (entry.dtype()) {
    case tenon::DType::F32:
      read(std::type_identity<float>{});
      break;
    case tenon::DType::F64:
      read(std::type_identity<double>{});
      break;
    case tenon::DType::I64:
      read(std::type_identity<std::int64_t>{});
      break;
    default:
      BOOST_FAIL("vectors of an unexpected type");
  }
  return result;
}

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

void check_differences(const std::function<double()>& value, const std::vector<Differentiated>& differentiated) {
  std::size_t checked = 0, wrong = 0;
  for (const auto& [kind, name, extents, elements, gradient] : differentiated) {
    // All, or some: an odd step meets every column.
    const std::size_t step = elements.size() < 64 ? 1 : 1 + elements.size() / 31 / 2 * 2;
    for (std::size_t i = 0; i < elements.size(); i += step, ++checked) {
      const double before = elements[i], h = 1e-6;
      elements[i] = before + h;
      const double above = value();
      elements[i] = before - h;
      const double below = value();
      elements[i] = before;
      const double numeric = (above - below) / (2 * h);
      const double difference = std::fabs(numeric - gradient[i]);
      wrong += !(is_finite(difference) && difference <= 1e-6 + 1e-5 * std::fabs(numeric));
    }
  }
  BOOST_TEST(checked > 0u);
  BOOST_TEST(wrong == 0u, wrong << " of " << checked << " gradients differ from differences");
}

void round_to_float(std::span<double> numbers) {
  for (double& number : numbers) number = static_cast<float>(number);
}

tenon::AnyTensor entry(tenon::DType dtype, std::span<const index_t> extents, std::span<const double> numbers) {
  tenon::AnyTensor result(dtype, {extents.begin(), extents.end()});
  if (dtype == tenon::DType::F32)
    std::copy(numbers.begin(), numbers.end(), reinterpret_cast<float*>(result.data()));
  else
    std::copy(numbers.begin(), numbers.end(), reinterpret_cast<double*>(result.data()));
  return result;
}

}  // namespace tenon_test
