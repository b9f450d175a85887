/// \file
/// What runs: packed weights, one arena and a list of calls.
#pragma once

#include <cstring>
#include <new>
#include <span>
#include <string>

#include "../core/index_check.hpp"
#include "memory_plan.hpp"

// Status is a macro of X11.
#include "../core/undefine_macros.hpp"

namespace tenon::inline TENON_ISA::planning {

/// The finished plan of one net.
struct Plan {
  std::vector<Stage> stages;
  MemoryPlan memory;
  int output = -1;
};

/// A plan with its memory. It knows no types: nets of all models share its code.
class Program {
 public:
  /// Packs the weights. Empty storage: the program has its own.
  Program(const Plan& plan, std::span<std::byte> weight_storage, std::span<std::byte> workspace)
      : weights_(plan.memory.weight_bytes, weight_storage, "weight storage"),
        workspace_(plan.memory.workspace_bytes, workspace, "workspace"),
        output_offset_(plan.memory.output_offset),
        input_copy_(plan.memory.input_copy) {
    for (std::size_t s = 0; s < plan.stages.size(); ++s) {
      const Stage& stage = plan.stages[s];
      if (stage.pack) stage.pack(stage.source, weights_.data() + plan.memory.packed[s]);
      if (stage.run)
        steps_.push_back({stage.run, plan.memory.at(stage.a), plan.memory.at(stage.b), plan.memory.at(stage.output),
                          plan.memory.packed[s], plan.memory.scratch[s]});
      if (!stage.reports()) continue;
      index_readers_.push_back({plan.memory.scratch[s], stage.index_reader, stage.index_limit});
      ::new (workspace_.data() + plan.memory.scratch[s]) IndexReport{};
    }
  }

  void run(const void* x, void* y) noexcept {
    if (input_copy_.is_needed(x, y, result()))
      x = std::memcpy(workspace_.data() + input_copy_.offset, x, input_copy_.bytes);
    std::byte* const bases[]{static_cast<std::byte*>(const_cast<void*>(x)), static_cast<std::byte*>(y),
                             workspace_.data(), weights_.data()};
    const auto at = [&bases](const Location& location) { return bases[location.base] + location.offset; };
    for (const Step& step : steps_)
      step.run(at(step.a), at(step.b), weights_.data() + step.packed, workspace_.data() + step.scratch,
               at(step.output));
  }
  /// Where a result lies that stays in the workspace.
  std::byte* result() const noexcept { return workspace_.data() + output_offset_; }

  /// What the last run met.
  Status status() const noexcept {
    for (const IndexReader& reader : index_readers_)
      if (report(reader).position >= 0) return Status::index_out_of_range;
    return Status::ok;
  }
  void raise_if_outside() const {
    for (const IndexReader& reader : index_readers_)
      if (const auto [position, found] = report(reader); position >= 0)
        raise_outside(reader.name, position, found, reader.limit);
  }

 private:
  /// Memory of a size known when the net is made: its own, or the caller's. A copy has its own.
  class Block {
   public:
    Block(std::size_t bytes, std::span<std::byte> given, const char* what) : bytes_(bytes), data_(given.data()) {
      if (!data_)
        allocate();
      else if (given.size() < bytes)
        raise("compile: the " + Text(what) + " has " + to_text(given.size()) + " bytes, wanted " +
              to_text(bytes));
      else if (const auto beyond = reinterpret_cast<std::uintptr_t>(data_) % memory::alignment)
        raise("compile: the " + Text(what) + " begins " + to_text(beyond) +
              " bytes beyond a multiple of " + to_text(memory::alignment) + ", wanted 0");
    }
    Block(const Block& other) : bytes_(other.bytes_) {
      allocate();
      if (bytes_ > 0) std::memcpy(data_, other.data_, bytes_);
    }
    Block(Block&&) noexcept = default;
    Block& operator=(const Block&) = delete;
    std::byte* data() const noexcept { return data_; }

   private:
    void allocate() {
      own_ = memory::Array<std::byte>(bytes_);
      data_ = own_.data();
    }

    std::size_t bytes_;
    std::byte* data_ = nullptr;
    memory::Array<std::byte> own_;
  };

  struct Step {
    Run run;
    Location a, b, output;
    std::size_t packed, scratch;
  };

  /// A stage that reads indices, and where it leaves its report.
  struct IndexReader {
    std::size_t report;
    std::string_view name;
    index_t limit;
  };
  const IndexReport& report(const IndexReader& reader) const noexcept {
    return *std::launder(reinterpret_cast<const IndexReport*>(workspace_.data() + reader.report));
  }

  std::vector<Step> steps_;
  std::vector<IndexReader> index_readers_;
  Block weights_, workspace_;
  std::size_t output_offset_;
  InputCopy input_copy_;
};

}  // namespace tenon::inline TENON_ISA::planning

#include "../core/restore_macros.hpp"
