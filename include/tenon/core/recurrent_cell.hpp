/// \file
/// One step of the recurrent cells, element by element: what becomes of the sums over inputs and hidden values, and the
/// gradients of that. Written once for scalars, vectors and devices.
///
/// A cell has `gates` rows of weights per hidden unit, in PyTorch's order. Of each gate the sums over the input and
/// over the hidden values, with their biases, are added up to one of `sums`; of the gate `separate` they stay apart,
/// and the hidden values' sum is the last one (-1: of none). A step takes the sums, moves `hidden` and, if the cell
/// `remembers` a second state, `memory`, and leaves `kept` values for `backward`. From the gradients of the new states
/// that makes the sums' and, as far as they do not go through the sums, the old states'.
#pragma once

#include "activation.hpp"

namespace tenon::inline TENON_ISA::recurrent {

/// The weights of one direction of a layer: `input` (gates * hidden, inputs), `hidden` (gates * hidden, hidden), and
/// biases (gates * hidden), which may be null.
template <class T>
struct Weights {
  const T *input, *hidden, *input_bias, *hidden_bias;
};

/// What a forward pass keeps of each row: `kept` (rows, Cell::kept, hidden) and the hidden values before it,
/// `old_hidden` (rows, hidden). Null where nothing is kept.
template <class T>
struct Record {
  T *kept = nullptr, *old_hidden = nullptr;
};

/// Where a backward pass adds gradients: of the inputs and of the Weights. Null where nobody wants them.
template <class T>
struct Gradients {
  T *x, *input, *hidden, *input_bias, *hidden_bias;
};

/// h' = Function(sum). Elman, 1990.
template <class Function>
struct Simple {
  static constexpr int gates = 1, separate = -1, sums = 1, kept = 1;
  static constexpr bool remembers = false;

  template <class V>
  TENON_HOST_DEVICE static void step(const V (&sum)[1], V& hidden, V&, V (&keep)[1]) {
    hidden = keep[0] = Function{}(sum[0]);
  }
  template <class V>
  TENON_HOST_DEVICE static void backward(const V (&keep)[1], const V&, V& grad_hidden, V&, V (&grad)[1]) {
    grad[0] = Function{}.gradient(grad_hidden, keep[0]);
    grad_hidden = V(0);
  }
};

/// i, f, o = sigmoid(sum), g = tanh(sum); c' = f * c + i * g; h' = o * tanh(c'). Gates i, f, g, o. Hochreiter and
/// Schmidhuber, 1997.
struct LongShortTerm {
  static constexpr int gates = 4, separate = -1, sums = 4, kept = 6;  // the gates, tanh(c') and c
  static constexpr bool remembers = true;

  template <class V>
  TENON_HOST_DEVICE static void step(const V (&sum)[4], V& hidden, V& memory, V (&keep)[6]) {
    constexpr pointwise::Sigmoid sigmoid;
    constexpr pointwise::Tanh tanh;
    keep[0] = sigmoid(sum[0]);
    keep[1] = sigmoid(sum[1]);
    keep[2] = tanh(sum[2]);
    keep[3] = sigmoid(sum[3]);
    keep[5] = memory;
    memory = keep[1] * memory + keep[0] * keep[2];
    keep[4] = tanh(memory);
    hidden = keep[3] * keep[4];
  }
  template <class V>
  TENON_HOST_DEVICE static void backward(const V (&keep)[6], const V&, V& grad_hidden, V& grad_memory, V (&grad)[4]) {
    constexpr pointwise::Sigmoid sigmoid;
    constexpr pointwise::Tanh tanh;
    grad[3] = sigmoid.gradient(V(grad_hidden * keep[4]), keep[3]);
    grad_memory = grad_memory + tanh.gradient(V(grad_hidden * keep[3]), keep[4]);
    grad[0] = sigmoid.gradient(V(grad_memory * keep[2]), keep[0]);
    grad[1] = sigmoid.gradient(V(grad_memory * keep[5]), keep[1]);
    grad[2] = tanh.gradient(V(grad_memory * keep[0]), keep[2]);
    grad_memory = grad_memory * keep[1];
    grad_hidden = V(0);
  }
};

/// r, z = sigmoid(sum), n = tanh(sum over the input + r * sum over the hidden values); h' = (1 - z) * n + z * h. Gates
/// r, z, n. Cho and others, 2014.
struct Gated {
  static constexpr int gates = 3, separate = 2, sums = 4, kept = 4;  // the gates, and the last sum
  static constexpr bool remembers = false;

  template <class V>
  TENON_HOST_DEVICE static void step(const V (&sum)[4], V& hidden, V&, V (&keep)[4]) {
    constexpr pointwise::Sigmoid sigmoid;
    keep[0] = sigmoid(sum[0]);
    keep[1] = sigmoid(sum[1]);
    keep[2] = pointwise::Tanh{}(V(sum[2] + keep[0] * sum[3]));
    keep[3] = sum[3];
    hidden = keep[2] + keep[1] * (hidden - keep[2]);
  }
  template <class V>
  TENON_HOST_DEVICE static void backward(const V (&keep)[4], const V& old_hidden, V& grad_hidden, V&, V (&grad)[4]) {
    constexpr pointwise::Sigmoid sigmoid;
    grad[2] = pointwise::Tanh{}.gradient(V(grad_hidden - grad_hidden * keep[1]), keep[2]);
    grad[3] = grad[2] * keep[0];
    grad[0] = sigmoid.gradient(V(grad[2] * keep[3]), keep[0]);
    grad[1] = sigmoid.gradient(V(grad_hidden * (old_hidden - keep[2])), keep[1]);
    grad_hidden = grad_hidden * keep[1];
  }
};

}  // namespace tenon::inline TENON_ISA::recurrent
