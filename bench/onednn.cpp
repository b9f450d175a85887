/// \file
/// oneDNN: a chain of primitives with fused activations, the layouts it chooses itself and weights reordered
/// beforehand.
#include <omp.h>

#include <algorithm>
#include <cstdio>
#include <dnnl.hpp>
#include <stdexcept>
#include <unordered_map>
#include <utility>

#include "participant.hpp"

namespace bench {

namespace {

using dnnl::memory;
constexpr auto single = memory::data_type::f32;
constexpr auto inference_only = dnnl::prop_kind::forward_inference;

memory::dims dims(const Extents& extents) { return {extents.begin(), extents.end()}; }

memory::dims batch_dims(const Extents& extents) {
  memory::dims result{1};
  result.insert(result.end(), extents.begin(), extents.end());
  return result;
}

memory::desc any_layout(const memory::dims& extents) { return {extents, single, memory::format_tag::any}; }

memory::desc plain_layout(const memory::dims& extents) {
  memory::dims strides(extents.size(), 1);
  for (std::size_t i = extents.size(); --i > 0;) strides[i - 1] = strides[i] * extents[i];
  return {extents, single, strides};
}

bool activation(const Layer& layer, dnnl::algorithm& algorithm) {
  if (std::holds_alternative<ReLU>(layer)) return algorithm = dnnl::algorithm::eltwise_relu, true;
  if (std::holds_alternative<Tanh>(layer)) return algorithm = dnnl::algorithm::eltwise_tanh, true;
  return false;
}

class OneDnnInference final : public Inference {
 public:
  OneDnnInference(const Network& network, const Weights& weights)
      : input_(plain_layout(batch_dims(network.input)), engine_), output_(input_) {
    const auto shape = shapes(network);
    for (std::size_t i = 0; i < network.layers.size(); ++i) {
      const Layer& layer = network.layers[i];
      const memory::dims result = batch_dims(shape[i + 1]);
      dnnl::algorithm algorithm{};
      if (const Extents extents = weight_extents(layer); !extents.empty()) {
        const auto &weight = weights.at(weight_name(i)), &bias = weights.at(bias_name(i));
        // The activation that follows becomes part of this primitive.
        dnnl::primitive_attr attributes;
        if (i + 1 < network.layers.size() && activation(network.layers[i + 1], algorithm)) {
          dnnl::post_ops fused;
          fused.append_eltwise(1, algorithm, 0, 0);
          attributes.set_post_ops(fused);
          ++i;
        }
        add_weighted(layer, dims(extents), weight, bias, result, attributes);
      } else if (const auto* pool = std::get_if<MaxPool2d>(&layer)) {
        add_pool(*pool, result);
      } else if (activation(layer, algorithm)) {
        const dnnl::eltwise_forward::primitive_desc description({inference_only, algorithm, output_.get_desc(), 0, 0},
                                                                engine_);
        const memory destination(description.dst_desc(), engine_);
        add(dnnl::eltwise_forward(description), {{DNNL_ARG_SRC, output_}, {DNNL_ARG_DST, destination}});
      }
      // Flatten changes nothing: an inner product takes an image as it is.
    }
    output_ = in_layout(output_, plain_layout(output_.get_desc().dims()));
  }

  void run(std::size_t repetitions) override {
    for (std::size_t i = 0; i < repetitions; ++i) {
      for (const Step& step : steps_) step.primitive.execute(stream_, step.arguments);
      stream_.wait();
    }
  }
  void predict(std::span<const float> x, std::span<float> y) override {
    std::copy(x.begin(), x.end(), static_cast<float*>(input_.get_data_handle()));
    run(1);
    if (output_.get_desc().get_size() != y.size_bytes()) throw std::logic_error("oneDNN's output has another size");
    std::copy_n(static_cast<const float*>(output_.get_data_handle()), y.size(), y.begin());
  }

 private:
  using Arguments = std::unordered_map<int, memory>;
  struct Step {
    dnnl::primitive primitive;
    Arguments arguments;
  };

  void add(dnnl::primitive primitive, Arguments arguments) {
    output_ = arguments.at(DNNL_ARG_DST);
    steps_.push_back({std::move(primitive), std::move(arguments)});
  }

  // `source`, reordered on every call if it is in another layout.
  memory in_layout(const memory& source, const memory::desc& layout) {
    if (source.get_desc() == layout) return source;
    const memory destination(layout, engine_);
    add(dnnl::reorder(source, destination), {{DNNL_ARG_SRC, source}, {DNNL_ARG_DST, destination}});
    return destination;
  }

  // Parameters, reordered once.
  memory constant(const std::vector<float>& values, const memory::dims& extents, const memory::desc& layout) {
    const memory plain(plain_layout(extents), engine_);
    if (plain.get_desc().get_size() != values.size() * sizeof(float))
      throw std::invalid_argument("oneDNN: a parameter of another size");
    std::copy(values.begin(), values.end(), static_cast<float*>(plain.get_data_handle()));
    const memory result(layout, engine_);
    dnnl::reorder(plain, result).execute(stream_, {{DNNL_ARG_FROM, plain}, {DNNL_ARG_TO, result}});
    stream_.wait();
    return result;
  }

  template <class Primitive, class Description>
  void add_described(const Description& description, const memory::dims& weight_dims, const std::vector<float>& weight,
                     const std::vector<float>& bias) {
    const memory source = in_layout(output_, description.src_desc());
    const memory destination(description.dst_desc(), engine_);
    add(Primitive(description), {{DNNL_ARG_SRC, source},
                                 {DNNL_ARG_WEIGHTS, constant(weight, weight_dims, description.weights_desc())},
                                 {DNNL_ARG_BIAS, constant(bias, {weight_dims[0]}, description.bias_desc())},
                                 {DNNL_ARG_DST, destination}});
  }

  void add_weighted(const Layer& layer, memory::dims weight_dims, const std::vector<float>& weight,
                    const std::vector<float>& bias, const memory::dims& result,
                    const dnnl::primitive_attr& attributes) {
    const memory::dims input = output_.get_desc().dims();
    const memory::dims bias_dims{weight_dims[0]};
    if (const auto* conv = std::get_if<Conv2d>(&layer)) {
      const memory::dims stride{conv->stride, conv->stride}, padding{conv->padding, conv->padding};
      const dnnl::convolution_forward::desc description(
          inference_only, dnnl::algorithm::convolution_auto, any_layout(input), any_layout(weight_dims),
          any_layout(bias_dims), any_layout(result), stride, padding, padding);
      add_described<dnnl::convolution_forward>(
          dnnl::convolution_forward::primitive_desc(description, attributes, engine_), weight_dims, weight, bias);
    } else {
      // After a Flatten: (out, C, H, W)
      weight_dims.resize(1);
      weight_dims.insert(weight_dims.end(), input.begin() + 1, input.end());
      const dnnl::inner_product_forward::desc description(inference_only, any_layout(input), any_layout(weight_dims),
                                                          any_layout(bias_dims), any_layout(result));
      add_described<dnnl::inner_product_forward>(
          dnnl::inner_product_forward::primitive_desc(description, attributes, engine_), weight_dims, weight, bias);
    }
  }

  void add_pool(const MaxPool2d& pool, const memory::dims& result) {
    const memory::dims kernel{pool.kernel_size, pool.kernel_size}, no_padding{0, 0};
    const dnnl::pooling_forward::desc description(inference_only, dnnl::algorithm::pooling_max, output_.get_desc(),
                                                  any_layout(result), kernel, kernel, no_padding, no_padding);
    const dnnl::pooling_forward::primitive_desc chosen(description, engine_);
    const memory destination(chosen.dst_desc(), engine_);
    add(dnnl::pooling_forward(chosen), {{DNNL_ARG_SRC, output_}, {DNNL_ARG_DST, destination}});
  }

  dnnl::engine engine_{dnnl::engine::kind::cpu, 0};
  dnnl::stream stream_{engine_};
  memory input_, output_;
  std::vector<Step> steps_;
};

}  // namespace

Peer onednn_peer() {
  omp_set_num_threads(1);
  const auto* version = dnnl_version();
  std::printf("oneDNN %d.%d.%d\n", version->major, version->minor, version->patch);
  const auto inference = [](const Network& network, const Weights& weights) {
    return std::make_unique<OneDnnInference>(network, weights);
  };
  return {"oneDNN", inference, {}};
}

}  // namespace bench
