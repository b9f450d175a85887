/// \file
/// `summary<Input>(model)`: what a net is made of and what it costs.
#pragma once

#include <iosfwd>
#include <string>
#include <vector>

#include "../compile/compile.hpp"

namespace tenon::inline TENON_ISA {

/// The layers in the order in which they run, and the totals. Prints as a table.
struct Summary {
  struct Row {
    std::string layer;
    std::vector<index_t> output_shape;
    index_t parameters = 0;
    index_t multiply_adds = 0;
  };
  std::vector<Row> rows;
  index_t parameters = 0;
  index_t multiply_adds = 0;
  /// Of the compiled net.
  std::size_t workspace_bytes = 0, weight_bytes = 0;

  std::string text() const {
    std::vector<std::array<Text, 4>> cells{{"Layer", "Output shape", "Parameters", "Multiply-adds"}};
    for (const Row& row : rows) {
      Text shape = "(";
      for (std::size_t a = 0; a < row.output_shape.size(); ++a) shape += (a ? ", " : "") + to_text(row.output_shape[a]);
      cells.push_back({row.layer.c_str(), shape + ")", to_text(row.parameters), to_text(row.multiply_adds)});
    }
    cells.push_back({"Total", "", to_text(parameters), to_text(multiply_adds)});
    std::array<std::size_t, 4> widths{};
    for (const auto& line : cells)
      for (std::size_t c = 0; c < 4; ++c) widths[c] = (std::max)(widths[c], line[c].size());
    const Text rule(widths[0] + widths[1] + widths[2] + widths[3] + 6, '-');
    Text table;
    for (std::size_t l = 0; l < cells.size(); ++l) {
      if (l == 1 || l + 1 == cells.size()) table += rule + "\n";
      for (std::size_t c = 0; c < 4; ++c) {
        const Text padding(widths[c] - cells[l][c].size(), ' ');
        table += c < 2 ? cells[l][c] + padding : padding + cells[l][c];  // words left, numbers right
        table += c < 3 ? "  " : "\n";
      }
    }
    table += "Compiled: workspace " + to_text(workspace_bytes) + " bytes, packed weights " + to_text(weight_bytes) +
             " bytes\n";
    return table.c_str();
  }
};

template <class Character, class Traits>
std::basic_ostream<Character, Traits>& operator<<(std::basic_ostream<Character, Traits>& out, const Summary& summary) {
  return out << summary.text().c_str();
}

/// The summary of `model` for inputs of type `Input`; a shape it does not accept is one compile error.
template <class Input, class Model>
auto summary(const Model& model) {
  using T = typename Input::value_type;
  using S = shape_of_t<Input>;
  planning::Graph graph(planning::bytes<T, S, planning::Plain>);
  const auto result = planning::trace(model, planning::Symbolic<T, S>(graph, planning::Graph::input));
  if constexpr (detail::is_rejected<decltype(result)>) {
    return Rejected{};
  } else {
    const planning::Plan plan = planning::finish(result);
    Summary summary;
    for (const planning::Row& row : graph.rows()) {
      summary.rows.push_back(
          {std::string(row.name), {row.output.begin(), row.output.end()}, row.parameters, row.multiply_adds});
      summary.parameters += row.parameters;
      summary.multiply_adds += row.multiply_adds;
    }
    summary.workspace_bytes = plan.memory.workspace_bytes;
    summary.weight_bytes = plan.memory.weight_bytes;
    return summary;
  }
}

}  // namespace tenon::inline TENON_ISA
