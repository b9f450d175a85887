// What the tests of state dicts and of files share.
#pragma once

#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <string>
#include <string_view>
#include <tenon/core/state_dict.hpp>
#include <vector>

namespace tenon_test {

template <class F>
std::string error_of(F f) {
  try {
    f();
  } catch (const tenon::Error& error) {
    return error.what();
  }
  return "no error";
}

inline void check_mentions(const std::string& error, const std::vector<std::string_view>& parts) {
  for (const std::string_view part : parts)
    BOOST_TEST(error.find(part) != error.npos, "\"" << error << "\" does not mention \"" << part << '"');
}

inline std::vector<std::string> names(const tenon::StateDict& dict) {
  std::vector<std::string> result;
  for (const auto& [name, tensor] : dict) result.push_back(name);
  return result;
}

inline bool equal(const tenon::StateDict& a, const tenon::StateDict& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](const auto& x, const auto& y) {
    return x.first == y.first && x.second.dtype() == y.second.dtype() && x.second.extents() == y.second.extents() &&
           std::ranges::equal(x.second.bytes(), y.second.bytes());
  });
}

}  // namespace tenon_test
