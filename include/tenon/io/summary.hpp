/// \file
/// `summary<Input>(model)`: what a net is made of and what it costs.
#pragma once

#include <iosfwd>
#include <string>
#include <vector>

#include "../cpu/compile.hpp"

namespace tenon::inline TENON_ISA {

/// The layers in the order in which they run, and the totals. Prints as a table.
struct Summary {
  struct Row {
    std::string layer;
    std::vector<index_t> output_shape;
    index_t parameters = 0;
    index_t multiply_adds = 0;
    /// The stage of the compiled net that computes it, counted from 0 as in `net.plan()`: layers of one stage are
    /// fused. -1 where nothing is left to compute, as of a Dropout.
    int stage = -1;
  };
  std::vector<Row> rows;
  index_t parameters = 0;
  index_t multiply_adds = 0;
  /// Of the compiled net.
  std::size_t workspace_bytes = 0, weight_bytes = 0;

  template <class Characters = std::string>
  Characters text() const {
    std::vector<std::vector<Text>> cells{{"Layer", "Output shape", "Parameters", "Multiply-adds", "Stage"}};
    for (const Row& row : rows)
      cells.push_back({row.layer.c_str(), plan::shape_text(row.output_shape), to_text(row.parameters),
                       to_text(row.multiply_adds), row.stage < 0 ? Text("-") : to_text(row.stage)});
    cells.push_back({"Total", "", to_text(parameters), to_text(multiply_adds), ""});
    Text table = plan::table(cells, 2, true);
    table += "Compiled: workspace " + to_text(workspace_bytes) + " bytes, packed weights " + to_text(weight_bytes) +
             " bytes\n";
    return table.c_str();
  }
};

template <class Character, class Traits>
std::basic_ostream<Character, Traits>& operator<<(std::basic_ostream<Character, Traits>& out, const Summary& summary) {
  return out << summary.text().c_str();
}

/// The summary of `model` for inputs of the types `Inputs`; a shape it does not accept is one compile error.
///
///     const auto summary = tenon::summary<Tensor<float, 1, 12>>(nn::Linear<12, 4>{});
///     assert(summary.parameters == 52 && summary.multiply_adds == 48);
template <class... Inputs, class Model>
auto summary(const Model& model) {
  return plan::with_plan<cpu::Backend, Inputs...>(model, [](const plan::Graph& graph, const plan::Plan& plan, auto) {
    Summary summary;
    for (const plan::Row& row : graph.rows(plan.stages)) {
      summary.rows.push_back(
          {std::string(row.name), plan::to_vector(row.output), row.parameters, row.multiply_adds, row.stage});
      summary.parameters += row.parameters;
      summary.multiply_adds += row.multiply_adds;
    }
    summary.workspace_bytes = plan.memory.workspace_bytes;
    summary.weight_bytes = plan.memory.weight_bytes;
    return summary;
  });
}

}  // namespace tenon::inline TENON_ISA
