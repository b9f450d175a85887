/// \file
/// Sequences of different lengths: `PackedSequence`, `pack_padded_sequence` and `pad_packed_sequence`.
#pragma once

#include <memory>
#include <span>

#include "../core/sequence_rows.hpp"
#include "maps.hpp"
#include "tags.hpp"

namespace tenon::inline TENON_ISA {

/// The lengths of the sequences of a batch, longest first.
struct PackedLengths {
  List<std::int64_t> lengths;      // (batch)
  List<std::int64_t> batch_sizes;  // (longest): how many sequences have a step
  List<index_t> starts;            // (steps + 1): where the rows of each step begin
};
using PackedLengthsPointer = std::shared_ptr<const PackedLengths>;

namespace detail {
/// Throws tenon::Error unless there are `batch` lengths from 1 to `steps` that do not rise.
inline PackedLengthsPointer packed_lengths(List<std::int64_t> lengths, index_t steps, index_t batch) {
  const auto fail = [](const Text& what) { raise("pack_padded_sequence: " + what); };
  const auto count = static_cast<index_t>(lengths.size());
  if (count != batch) fail(to_text(count) + " lengths, wanted " + to_text(batch) + ", one for each sequence");
  for (std::size_t i = 0; i < lengths.size(); ++i) {
    const Text which = "length " + to_text(lengths[i]) + " of sequence " + to_text(static_cast<index_t>(i));
    if (lengths[i] < 1 || lengths[i] > steps) fail(which + ", wanted one from 1 to " + to_text(steps));
    if (i > 0 && lengths[i] > lengths[i - 1]) fail(which + " is greater than the one before: sort them, longest first");
  }
  auto packed = std::make_shared<PackedLengths>();
  packed->starts.push_back(0);
  for (index_t t = 0; t < steps; ++t) {
    index_t size = 0;
    for (const std::int64_t length : lengths) size += length > t;
    if (size > 0) packed->batch_sizes.push_back(size);
    packed->starts.push_back(packed->starts.back() + size);
  }
  packed->lengths = std::move(lengths);
  return packed;
}
}  // namespace detail

namespace operation {

/// From padded sequences, (steps, batch, *) or (batch, steps, *), the rows of a PackedSequence, (steps * batch, *),
/// with zeros behind those in use; with `Unpack` the other way, `padding` where a sequence has ended.
template <index_t Steps, index_t Batch, bool BatchFirst, bool Unpack>
struct PackRows {
  static constexpr std::string_view name = Unpack ? "pad_packed_sequence" : "pack_padded_sequence";
  static constexpr autograd::Needs backward_needs = autograd::needs_nothing;

  PackedLengthsPointer lengths;
  double padding = 0;

  template <index_t First, index_t Second, index_t... D>
  static consteval auto output_shape(Shape<First, Second, D...>) {
    if constexpr (!Unpack)
      return Shape<Steps * Batch, D...>{};
    else if constexpr (BatchFirst)
      return Shape<Batch, Steps, Second, D...>{};
    else
      return Shape<Steps, Batch, Second, D...>{};
  }
  template <index_t Rows>
  static consteval auto output_shape(Shape<Rows>) {
    if constexpr (BatchFirst)
      return Shape<Batch, Steps>{};
    else
      return Shape<Steps, Batch>{};
  }

  /// Calls `f(padded row, packed row)` for each row that is in use.
  template <class F>
  void for_each_row(F&& f) const {
    constexpr SequenceRows padded{Steps, Batch, BatchFirst};
    for (index_t t = 0; t < Steps; ++t)
      for (index_t row = lengths->starts[size(t)], b = 0; row < lengths->starts[size(t + 1)]; ++row, ++b)
        f(padded.first(t) + b * padded.stride(), row);
  }

 private:
  static constexpr std::size_t size(index_t i) { return static_cast<std::size_t>(i); }
};

template <index_t Steps, index_t Batch, bool BatchFirst, bool Unpack>
struct MapKernel<PackRows<Steps, Batch, BatchFirst, Unpack>> {
  using Operation = PackRows<Steps, Batch, BatchFirst, Unpack>;
  template <class Y, class X>
  static void forward(const Operation& pack, autograd::NothingSaved*, Y& y, const X& x) {
    constexpr index_t row = shape_of_t<X>::size / (Steps * Batch);
    X::place::fill(y.data(), shape_of_t<Y>::size, static_cast<typename X::value_type>(pack.padding));
    pack.for_each_row([&](index_t padded, index_t packed) {
      const index_t from = Unpack ? packed : padded, to = Unpack ? padded : packed;
      X::place::copy(x.data() + from * row, row, y.data() + to * row);
    });
  }
  template <class Y, class X>
  static void backward(const Operation& pack, const autograd::NothingSaved&, const Y&, const Y& grad_y,
                       const autograd::Input<X>& x) {
    constexpr index_t row = shape_of_t<X>::size / (Steps * Batch);
    auto* const sum = x.grad_to_add();
    if (!sum) return;
    pack.for_each_row([&](index_t padded, index_t packed) {
      const index_t from = Unpack ? padded : packed, to = Unpack ? packed : padded;
      X::place::map_gradient(row, true, pointwise::Identity{}, sum + to * row, grad_y.data() + from * row);
    });
  }
};

}  // namespace operation

namespace nn {

namespace utils::rnn {

/// `torch.nn.utils.rnn.PackedSequence`: up to `Batch` sequences of up to `Steps` elements, without what pads them: the
/// rows of the first step of all sequences, longest first, then those of the second, and so on. `Data` is a Tensor or a
/// Variable (Steps * Batch, *), of which the first rows are in use. Made by `pack_padded_sequence`.
template <class Data, index_t Steps, index_t Batch>
class PackedSequence {
 public:
  static constexpr index_t steps = Steps, batch = Batch;

  PackedSequence(Data rows, PackedLengthsPointer lengths) : rows_(std::move(rows)), lengths_(std::move(lengths)) {}

  /// The elements in use, of which there are `size()`.
  const auto* data() const { return autograd::value_of(rows_).data(); }
  std::size_t size() const {
    return static_cast<std::size_t>(lengths_->starts.back() * (shape_of_t<Data>::size / shape_of_t<Data>::dims[0]));
  }
  /// How many sequences have a first element, a second one, and so on.
  std::span<const std::int64_t> batch_sizes() const { return lengths_->batch_sizes; }
  std::span<const std::int64_t> lengths() const { return lengths_->lengths; }

  /// All rows, and the lengths behind them, for those who compute with them.
  const Data& rows() const { return rows_; }
  const PackedLengthsPointer& packed_lengths() const { return lengths_; }

 private:
  Data rows_;
  PackedLengthsPointer lengths_;
};

}  // namespace utils::rnn

namespace detail {
template <class X>
inline constexpr bool is_packed = false;
template <class Data, index_t Steps, index_t Batch>
inline constexpr bool is_packed<utils::rnn::PackedSequence<Data, Steps, Batch>> = true;
}  // namespace detail

namespace utils::rnn {

/// `torch.nn.utils.rnn.pack_padded_sequence(input, lengths, batch_first=False)`: of padded sequences, (T, N, *) or
/// (N, T, *), what lies within their lengths.
///
/// `lengths` is a range of N integers from 1 to T, longest first; others are a tenon::Error.
///
///     nn::Variable x{Tensor<float, 5, 3, 2>{}, nn::requires_grad};  // (T, N, features)
///     auto packed = nn::utils::rnn::pack_padded_sequence(x, std::vector{5, 3, 1});
///     assert(packed.size() == 9 * 2 && packed.batch_sizes()[1] == 2);
template <class X, class Lengths, bool BatchFirst = false>
auto pack_padded_sequence(const X& x, const Lengths& lengths, batch_first<BatchFirst> = {}) {
  using S = shape_of_t<autograd::argument_t<X>>;
  static_assert(S::rank >= 2, "pack_padded_sequence: sequences have a time and a batch axis");
  constexpr index_t steps = S::dims[BatchFirst ? 1 : 0], batch = S::dims[BatchFirst ? 0 : 1];
  List<std::int64_t> numbers;
  for (const auto length : lengths) numbers.push_back(static_cast<std::int64_t>(length));
  auto packed = tenon::detail::packed_lengths(std::move(numbers), steps, batch);
  auto rows = apply(operation::PackRows<steps, batch, BatchFirst, false>{packed}, x);
  return PackedSequence<decltype(rows), steps, batch>(std::move(rows), std::move(packed));
}

/// `torch.nn.utils.rnn.pad_packed_sequence(sequence, batch_first=False, padding_value=0)`: the padded sequences,
/// (T, N, *) or (N, T, *), and their lengths. T is what it was when they were packed.
///
///     Tensor<float, 5, 3, 2> x;
///     const auto packed = nn::utils::rnn::pack_padded_sequence(x, std::vector{5, 3, 1});
///     auto [padded, lengths] = nn::utils::rnn::pad_packed_sequence(packed, nn::batch_first<true>{}, -1.0f);
///     assert(lengths[2] == 1 && padded(2, 1, 0) == -1);
template <class Data, index_t Steps, index_t Batch, bool BatchFirst = false>
auto pad_packed_sequence(const PackedSequence<Data, Steps, Batch>& sequence, batch_first<BatchFirst> = {},
                         double padding_value = 0) {
  auto padded = apply(operation::PackRows<Steps, Batch, BatchFirst, true>{sequence.packed_lengths(), padding_value},
                      sequence.rows());
  return std::tuple{std::move(padded), sequence.packed_lengths()->lengths};
}

}  // namespace utils::rnn
}  // namespace nn
}  // namespace tenon::inline TENON_ISA
