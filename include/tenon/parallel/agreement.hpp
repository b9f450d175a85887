/// \file
/// What the ranks of a DistributedDataParallel have to agree on before they compute: the parameters and buffers of the
/// model. Rank 0's are the ones that the others have to have, and get.
#pragma once

#include <algorithm>
#include <cstdint>
#include <string>
#include <vector>

#include "../core/any_tensor.hpp"
#include "../nn/members.hpp"
#include "communicator.hpp"

namespace tenon::inline TENON_ISA::parallel {

/// Broadcasts `count` elements of `type`, each of `bytes` bytes, from rank `root`.
inline void broadcast(MPI_Comm ranks, void* elements, std::size_t count, std::size_t bytes, MPI_Datatype type,
                      int root) {
  constexpr std::size_t limit = std::size_t{1} << 30;  // counts are of type int
  for (std::size_t begin = 0; begin < count; begin += limit)
    check_mpi(MPI_Bcast(static_cast<char*>(elements) + begin * bytes, static_cast<int>(std::min(limit, count - begin)),
                        type, root, ranks),
              "MPI_Bcast");
}
/// Returns the text that rank `root` has.
inline Text broadcast(MPI_Comm ranks, Text text, int root) {
  auto size = static_cast<std::uint64_t>(text.size());
  broadcast(ranks, &size, 1, sizeof size, MPI_UINT64_T, root);
  text.resize(size);
  broadcast(ranks, text.data(), text.size(), 1, MPI_CHAR, root);
  return text;
}

/// Returns a line for each parameter and buffer of `model`, and one for `options`.
template <class Model>
Text description_of(Model& model, const Text& options) {
  Text lines = options + '\n';
  nn::for_each_named_tensor(model, [&](const std::string& name, auto& member) {
    using Member = std::remove_cvref_t<decltype(member)>;
    using TensorType = typename Member::tensor_type;
    lines.append(is_parameter<Member> ? "parameter \"" : "buffer \"").append(name.data(), name.size());
    lines += "\", " + tenon::detail::describe(dtype_name(dtype_of<typename TensorType::value_type>),
                                              shape_of_t<TensorType>::dims);
    if constexpr (is_parameter<Member>)
      if (!member.requires_grad()) lines += ", requires_grad(false)";
    lines += '\n';
  });
  return lines;
}

/// Returns what is wrong with `found`, the description of this rank; empty if it is `wanted`.
inline Text difference(const Text& wanted, const Text& found) {
  const auto line_at = [](const Text& lines, std::size_t begin) {
    return begin < lines.size() ? lines.substr(begin, lines.find('\n', begin) - begin) : Text("nothing more");
  };
  for (std::size_t w = 0, f = 0; w < wanted.size() || f < found.size();) {
    const Text wanted_line = line_at(wanted, w), found_line = line_at(found, f);
    if (wanted_line != found_line) return Text("wanted ") + wanted_line + ", found " + found_line;
    w += wanted_line.size() + 1;
    f += found_line.size() + 1;
  }
  return {};
}

/// Throws tenon::Error, the same in all ranks, if one of them describes another model than rank 0 does.
inline void check_agreement(const Communicator& mpi, MPI_Comm ranks, const Text& description) {
  Text problem = difference(broadcast(ranks, description, 0), description);
  int first = problem.empty() ? mpi.size() : mpi.rank();
  check_mpi(MPI_Allreduce(MPI_IN_PLACE, &first, 1, MPI_INT, MPI_MIN, ranks), "MPI_Allreduce");
  if (first == mpi.size()) return;
  problem = broadcast(ranks, std::move(problem), first);
  raise(Text("DistributedDataParallel: the model of rank ") + to_text(first) + " is not the one of rank 0: " + problem);
}

/// Gives the parameters and buffers of all ranks the values of rank 0.
template <class Model>
void take_values_of_first_rank(Model& model, MPI_Comm ranks) {
  nn::for_each_tensor(model, [&](auto& member) {
    using Member = std::remove_cvref_t<decltype(member)>;
    if constexpr (is_parameter<Member>) member.overwrite();
    auto& value = member.data();
    constexpr std::size_t bytes = sizeof *value.data();
    broadcast(ranks, value.data(), value.size() * bytes, 1, MPI_BYTE, 0);
  });
}

}  // namespace tenon::inline TENON_ISA::parallel
