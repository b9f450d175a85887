/// \file
/// A program that runs a plan: packed weights, one arena and a list of calls.
#pragma once

#include <string>

#include "../core/index_check.hpp"
#include "../core/place.hpp"
#include "memory.hpp"

// Status is a macro of X11.
#include "../core/undefine_macros.hpp"

namespace tenon::inline TENON_ISA::plan {

/// The finished plan of one net.
struct Plan {
  Stages stages;
  MemoryPlan memory;
  List<int> results;
};

/// A plan with its memory. It knows no types: nets of all models share its code.
///
/// A backend has `Memory(bytes, given span, its name in errors)` with `data()`, the same as `Weights`, which copies may
/// share, and `Scope`, which lives while a net runs.
template <class Backend>
class Program {
  using Place = typename Backend::place;

 public:
  /// Packs the weights. The program allocates storage that is not given; throws tenon::Error if what is given is too
  /// small or not aligned.
  TENON_COLD Program(const Graph& graph, const Plan& plan, std::span<std::byte> weight_storage,
                     std::span<std::byte> workspace)
      : weights_(plan.memory.weight_bytes, weight_storage, "weight storage"),
        workspace_(plan.memory.workspace_bytes, workspace, "workspace"),
        state_(plan.memory.state_bytes, {}, "state"),
        state_bytes_(plan.memory.state_bytes),
        results_(plan.memory.results),
        inputs_(plan.memory.input_copies.size()) {
    for (std::size_t input = 0; input < inputs_; ++input)
      if (const Piece& piece = plan.memory.input_copies[input]; piece.bytes > 0)
        input_copies_.push_back({input, piece});
    constexpr bool packs_in_place = std::is_same_v<Place, host>;
    memory::Array<std::byte> elsewhere(packs_in_place ? 0 : plan.memory.weight_bytes);
    std::byte* const packed = packs_in_place ? weights_.data() : elsewhere.data();
    for (std::size_t s = 0; s < plan.stages.list.size(); ++s) {
      const Stage& stage = plan.stages.list[s];
      if (stage.kernel->pack) stage.kernel->pack(graph.source(stage), packed + plan.memory.packed[s]);
      if (!stage.run) continue;
      steps_.push_back({*stage.run, static_cast<std::uint32_t>(locations_.size()),
                        static_cast<std::uint32_t>(stage.inputs.count), stage.numbers});
      locations_.push_back({Location::weights, plan.memory.packed[s]});
      locations_.push_back({Location::workspace, plan.memory.scratch[s]});
      locations_.push_back({Location::state, plan.memory.state[s]});
      for (const Range range : {stage.inputs, stage.outputs})
        for (const int edge : graph.ports(range))
          locations_.push_back(plan.memory.edges[static_cast<std::size_t>(edge)]);
      if (stage.kernel->reports()) index_readers_.push_back({plan.memory.scratch[s], stage.kernel});
    }
    if (!packs_in_place && plan.memory.weight_bytes > 0)
      Place::from_host(packed, size(plan.memory.weight_bytes), weights_.data());
    start();
    bind();
  }
  /// Copies the program. The copy begins with the same state, and has memory of its own.
  Program(const Program& other)
      : steps_(other.steps_),
        locations_(other.locations_),
        index_readers_(other.index_readers_),
        weights_(other.weights_),
        workspace_(other.workspace_),
        state_(other.state_),
        state_bytes_(other.state_bytes_),
        results_(other.results_),
        inputs_(other.inputs_),
        input_copies_(other.input_copies_) {
    bind();
  }
  Program(Program&&) noexcept = default;

  /// Runs on `arguments`, the addresses of the inputs, then of the tensors for the results.
  template <std::size_t Arguments>
  void run(std::array<std::byte*, Arguments> arguments) noexcept {
    const typename Backend::Scope scope(weights_);
    for (const auto& [input, copy] : input_copies_) {
      if (!lies_in_a_result(arguments[input], copy.bytes, arguments.data())) continue;
      Place::copy(arguments[input], size(copy.bytes), workspace_.data() + copy.offset);
      arguments[input] = workspace_.data() + copy.offset;
    }
    for (const auto& [port, argument, offset] : argument_ports_) ports_[port] = arguments[argument] + offset;
    for (const Step& step : steps_) step.run(Call(step, ports_.data()));
  }
  /// Returns where result `i` lies if it stays in the workspace.
  std::byte* result(std::size_t i) const noexcept { return workspace_.data() + results_[i].offset; }

  /// Makes the state zeros again.
  void reset() {
    if (state_bytes_ > 0) Place::fill(state_.data(), size(state_bytes_), std::byte{});
  }

  /// Returns whether all indices of the last run were in their ranges.
  Status status() const {
    for (const IndexReader& reader : index_readers_)
      if (report(reader).position >= 0) return Status::index_out_of_range;
    return Status::ok;
  }
  /// Throws tenon::Error if an index of the last run was outside its range.
  void raise_if_outside() const {
    for (const IndexReader& reader : index_readers_)
      if (const auto [position, found] = report(reader); position >= 0)
        raise_outside(reader.kernel->index_reader, position, found, reader.kernel->index_limit);
  }

 private:
  static constexpr index_t size(std::size_t bytes) { return static_cast<index_t>(bytes); }
  /// A stage that reads indices, and the offset of its report in the workspace.
  struct IndexReader {
    std::size_t report;
    const KernelInfo* kernel;
  };
  /// A port whose address each call brings.
  struct ArgumentPort {
    std::uint32_t port, argument;
    std::size_t offset;
  };
  /// An input that a run may overwrite, and where it is copied then.
  struct InputCopy {
    std::size_t input;
    Piece piece;
  };
  TENON_COLD IndexReport report(const IndexReader& reader) const {
    IndexReport report;
    const typename Backend::Scope scope(weights_);
    Place::to_host(workspace_.data() + reader.report, size(sizeof(report)), reinterpret_cast<std::byte*>(&report));
    return report;
  }
  TENON_COLD void start() {
    constexpr IndexReport nothing;
    for (const IndexReader& reader : index_readers_)
      Place::from_host(reinterpret_cast<const std::byte*>(&nothing), size(sizeof(nothing)),
                       workspace_.data() + reader.report);
    reset();
  }
  /// Finds the addresses of the ports that are no arguments, and lists those that are.
  TENON_COLD void bind() {
    std::byte* const bases[]{nullptr, workspace_.data(), weights_.data(), state_.data()};
    for (std::size_t port = 0; port < locations_.size(); ++port) {
      const auto [base, offset] = locations_[port];
      const bool is_argument = base >= Location::first_argument;
      ports_.push_back(is_argument ? nullptr : bases[base] + offset);
      if (is_argument)
        argument_ports_.push_back({static_cast<std::uint32_t>(port), base - Location::first_argument, offset});
    }
  }
  /// Returns whether `input` (bytes) overlaps a result in the workspace or in `arguments`, the addresses of `run`.
  bool lies_in_a_result(const std::byte* input, std::size_t bytes, std::byte* const* arguments) const noexcept {
    const auto address = [](const std::byte* at) { return reinterpret_cast<std::uintptr_t>(at); };
    const auto overlaps = [&](const std::byte* result, std::size_t result_bytes) {
      return address(input) < address(result) + result_bytes && address(result) < address(input) + bytes;
    };
    for (std::size_t r = 0; r < results_.size(); ++r)
      if (overlaps(result(r), results_[r].bytes) || overlaps(arguments[inputs_ + r], results_[r].bytes)) return true;
    return false;
  }

  std::vector<Step> steps_;
  std::vector<Location> locations_;  // of the ports of all steps
  List<std::byte*> ports_;
  std::vector<ArgumentPort> argument_ports_;
  std::vector<IndexReader> index_readers_;
  typename Backend::Weights weights_;
  typename Backend::Memory workspace_, state_;
  std::size_t state_bytes_;
  std::vector<Piece> results_;
  std::size_t inputs_;
  std::vector<InputCopy> input_copies_;
};

}  // namespace tenon::inline TENON_ISA::plan

#include "../core/restore_macros.hpp"
