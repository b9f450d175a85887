// What the chapters share and no layer's type changes.
#include "chapter.hpp"

#include <filesystem>
#include <numeric>
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

// ---- the checks

/// The tensors among the arguments, with the names that a file gives them.
template <class F>
void for_each_part(const std::vector<Part>& parts, const Case& c, F&& f) {
  std::size_t position = 0;
  for (const Part& part : parts) f(part, part.kind == Part::Kind::argument ? c.names.at(position++) : part.name);
}

void check_against(Subject& subject, const StateDict& dict, const Case& c) {
  for_each_part(subject.parts(), c, [&](const Part& part, const std::string& name) {
    if (part.kind == Part::Kind::argument)
      part.view.assign(numbers(dict[(part.view.dtype == tenon::DType::I64 ? "i64.in." : "f32.in.") + name]));
    const std::string key = (part.kind == Part::Kind::parameter ? "f32.param." : "f32.buf_before.") + name;
    if (part.kind != Part::Kind::argument && dict.contains(key)) part.view.assign(numbers(dict[key]));
  });
  subject.train(!c.eval);
  subject.call([&](const Results& results) {
    const View& y = results.views[0];
    compare("output", y.numbers(), numbers(dict["f64.out.output"]), c.rtol_out, c.atol_out);
    if (results.views.size() > 1)
      compare("indices", results.views[1].numbers(), numbers(dict["i64.out.indices"]), 0, 0);
    results.backward(dict.contains("f32.gout.output") ? numbers(dict["f32.gout.output"])
                                                      : std::vector<double>(y.size(), 1.0));
  });
  std::size_t compared = 0;
  for_each_part(subject.parts_with_gradients(), c, [&](const Part& part, const std::string& name) {
    if (part.kind == Part::Kind::argument && part.view.gradient) {
      const std::string key = "f64.gin." + name;
      if (dict.contains(key)) compare(key, part.view.gradients(), numbers(dict[key]), c.rtol_grad, c.atol_grad);
    } else if (part.kind == Part::Kind::parameter) {
      compare("gradient of " + name, part.view.gradients(), numbers(dict["f64.gparam." + name]), c.rtol_grad,
              c.atol_grad);
      ++compared;
    }
  });
  BOOST_TEST(compared == dict.subset("f64.gparam.").size());
  for (const char* changed : {"f64.buf_after.", "f64.param_after."})
    for (const auto& [name, value] : StateDict(dict.subset(changed))) {
      if (name.ends_with("num_batches_tracked")) continue;
      const auto parts = subject.parts();
      const auto part = std::find_if(parts.begin(), parts.end(), [&](const Part& p) { return p.name == name; });
      BOOST_TEST_REQUIRE((part != parts.end()), name);
      compare(name, part->view.numbers(), numbers(value), c.rtol_out, c.atol_out);
    }
}

/// Gradients of `value` against its central differences.
static void check_differences(const std::function<double()>& value, const std::vector<Part>& parts) {
  std::size_t checked = 0, wrong = 0;
  for (const Part& part : parts) {
    const std::span elements(static_cast<double*>(part.view.data), part.view.size());
    const auto* const gradient = static_cast<const double*>(part.view.gradient);
    if (!gradient) continue;
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

static std::vector<double> rounded_to_float(std::vector<double> numbers) {
  for (double& number : numbers) number = static_cast<float>(number);
  return numbers;
}

/// Numbers as an entry of a file.
static tenon::AnyTensor entry(const View& view, tenon::DType dtype, const std::vector<double>& numbers) {
  tenon::AnyTensor result(dtype, {view.extents.begin(), view.extents.end()});
  View{dtype, view.extents, result.data()}.assign(numbers);
  return result;
}

StateDict check_gradients(Subject& subject, index_t classes, const Case& c) {
  subject.train(!c.eval);
  for (const Part& part : subject.parts()) {
    if (part.kind == Part::Kind::argument) part.view.randomize(classes, c.low, c.high);
    if (part.kind != Part::Kind::buffer) part.view.assign(rounded_to_float(part.view.numbers()));
  }
  std::vector<double> weights;
  StateDict dict;
  subject.call([&](const Results& results) {
    const View& y = results.views[0];
    BOOST_TEST_REQUIRE((y.dtype == tenon::DType::F64));
    weights.resize(y.size());
    const View view{tenon::DType::F64, y.extents, weights.data()};
    view.randomize(1, -1, 1);
    view.assign(rounded_to_float(weights));
    dict.insert("f32.gout.output", entry(y, tenon::DType::F32, weights));
    dict.insert("f64.out.output", entry(y, tenon::DType::F64, y.numbers()));
    if (results.views.size() > 1)
      dict.insert("i64.out.indices", entry(results.views[1], tenon::DType::I64, results.views[1].numbers()));
    results.backward(weights);
  });
  const std::vector<Part> parts = subject.parts_with_gradients();
  check_differences(
      [&] {
        double sum = 0;
        subject.call([&](const Results& results) {
          sum = std::inner_product(weights.begin(), weights.end(), static_cast<const double*>(results.views[0].data),
                                   0.0);
        });
        return sum;
      },
      parts);
  for_each_part(parts, c, [&](const Part& part, const std::string& name) {
    if (part.view.dtype == tenon::DType::I64 && part.kind == Part::Kind::argument)
      dict.insert("i64.in." + name, entry(part.view, tenon::DType::I64, part.view.numbers()));
    if (!part.view.gradient) return;
    const std::string kind = part.kind == Part::Kind::argument ? "in." : "param.";
    dict.insert("f32." + kind + name, entry(part.view, tenon::DType::F32, part.view.numbers()));
    dict.insert("f64.g" + kind + name, entry(part.view, tenon::DType::F64, part.view.gradients()));
  });
  return dict;
}

void call_at_random(Subject& subject, index_t classes, const Case& c) {
  subject.train(!c.eval);
  for (const Part& part : subject.parts())
    if (part.kind == Part::Kind::argument) part.view.randomize(classes, c.low, c.high);
  subject.call([](const Results& results) { results.backward(std::vector<double>(results.views[0].size(), 1)); });
}

void compare_compiled(const View& evaluated, const View& recorded, const View& compiled, const View& in_place) {
  compare("without a record", evaluated.numbers(), recorded.numbers(), 1e-5, 1e-5);
  compare("compiled", compiled.numbers(), recorded.numbers(), 1e-5, 1e-5);
  compare("compiled, into the caller's tensor", in_place.numbers(), compiled.numbers(), 0, 0);
}

}  // namespace tenon_test
