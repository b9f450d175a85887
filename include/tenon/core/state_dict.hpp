/// \file
/// The tensors of a model by name, as PyTorch's `state_dict()`.
#pragma once

#include <algorithm>
#include <cstddef>
#include <functional>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "any_tensor.hpp"
#include "error.hpp"
#include "isa.hpp"
#include "text.hpp"

namespace tenon::inline TENON_ISA {

/// Names, in the order of their insertion, with their tensors. Names are unique. A call that throws changes nothing.
/// Entries of a file whose dtype tenon does not store are skipped: they are no entries of the dict, but the error for
/// one that is asked for says its dtype.
///
///     const tenon::StateDict dict = nn::Linear<300, 10>{}.state_dict();
///     for (const auto& [name, tensor] : dict) std::printf("%s %s\n", name.c_str(), tenon::describe(tensor).c_str());
///     auto weight = dict.get<Tensor<float, 10, 300>>("weight");  // of another shape: a tenon::Error
class StateDict {
 public:
  using value_type = std::pair<std::string, AnyTensor>;
  using const_iterator = std::vector<value_type>::const_iterator;

  /// Texts by name, sorted.
  using Metadata =
      std::map<std::string, std::string, std::less<>, Allocator<std::pair<const std::string, std::string>>>;

  /// An entry that was skipped.
  struct Skipped {
    std::string name, dtype;
    std::vector<index_t> extents;
  };

  /// Appends an entry; throws tenon::Error if the name is taken. It replaces a skipped entry of that name.
  void insert(std::string name, AnyTensor tensor) {
    if (contains(name)) raise("StateDict: the name " + quoted(name) + " is already taken");
    Index added;
    added.emplace(name, entries_.size());  // all that may fail for want of memory comes before index_ changes
    entries_.emplace_back(std::move(name), std::move(tensor));
    index_.merge(added);
    forget(entries_.back().first);
  }

  /// Notes an entry that cannot be stored; throws tenon::Error if the name is taken.
  void skip(Skipped entry) {
    if (contains(entry.name) || skipped(entry.name))
      raise("StateDict: the name " + quoted(entry.name) + " is already taken");
    add_skipped(std::move(entry));
  }
  /// Returns the entries that were skipped.
  const std::vector<Skipped>& skipped() const noexcept { return skipped_; }
  /// Returns the skipped entry called `name`, or nullptr.
  const Skipped* skipped(std::string_view name) const {
    const Index::const_iterator found = skipped_index_.find(name);
    return found == skipped_index_.end() ? nullptr : &skipped_[found->second];
  }

  /// Returns the texts that a file holds beside its tensors, such as the name of the model. They may be changed;
  /// `subset` and `prefixed` leave them behind.
  Metadata& metadata() noexcept { return metadata_; }
  const Metadata& metadata() const noexcept { return metadata_; }

  std::size_t size() const noexcept { return entries_.size(); }
  bool empty() const noexcept { return entries_.empty(); }
  const_iterator begin() const noexcept { return entries_.begin(); }
  const_iterator end() const noexcept { return entries_.end(); }

  bool contains(std::string_view name) const { return index_.find(name) != index_.end(); }

  /// Returns the entry called `name`; throws tenon::Error if there is none, also where it was skipped.
  const AnyTensor& operator[](std::string_view name) const { return entries_[find(name)->second].second; }

  /// Returns the entry called `name` as a Tensor; throws tenon::Error if there is none or its dtype or shape is
  /// another.
  template <TypedTensor Tensor>
  Tensor get(std::string_view name) const {
    return (*this)[name].template get<Tensor>(name);
  }

  /// Returns copies of the entries whose names begin with `prefix`, under names without the prefix.
  StateDict subset(std::string_view prefix) const {
    StateDict result;
    for (const auto& [name, tensor] : entries_)
      if (name.starts_with(prefix)) result.insert(name.substr(prefix.size()), tensor);
    for (const auto& [name, dtype, extents] : skipped_)
      if (name.starts_with(prefix)) result.skip({name.substr(prefix.size()), dtype, extents});
    return result;
  }

  /// Returns copies of all entries under names that begin with `prefix`, from which `subset` gets them back.
  StateDict prefixed(std::string_view prefix) const {
    const auto with_prefix = [prefix](const std::string& name) { return std::string(prefix).append(name); };
    StateDict result;
    for (const auto& [name, tensor] : entries_) result.insert(with_prefix(name), tensor);
    for (const auto& [name, dtype, extents] : skipped_) result.skip({with_prefix(name), dtype, extents});
    return result;
  }

  /// Appends the entries of `other`, and those of its metadata whose names are new; throws tenon::Error if both dicts
  /// have an entry of one name.
  void merge(StateDict other) {
    for (const auto& [name, tensor] : other)
      if (contains(name)) raise("StateDict: both dicts have an entry named " + quoted(name));
    entries_.reserve(entries_.size() + other.size());
    skipped_.reserve(skipped_.size() + other.skipped_.size());
    for (auto& [name, position] : other.index_) position += entries_.size();
    for (auto& entry : other.entries_) entries_.push_back(std::move(entry));
    index_.merge(other.index_);
    remove_skipped([this](const Skipped& entry) { return contains(entry.name); });
    for (Skipped& entry : other.skipped_)
      if (!contains(entry.name) && !skipped(entry.name)) add_skipped(std::move(entry));
    metadata_.merge(other.metadata_);
  }

  /// Renames one entry, which keeps its place; throws tenon::Error if there is no `from` or `to` is taken.
  void rename(std::string_view from, std::string_view to) {
    const Index::const_iterator skipped = skipped_index_.find(from);
    const bool is_skipped = skipped != skipped_index_.end();
    const Index::const_iterator found = is_skipped ? index_.end() : find(from);
    if (from == to) return;
    if (contains(to) || (is_skipped && this->skipped(to)))
      raise("StateDict: cannot rename " + quoted(from) + ": the name " + quoted(to) + " is taken");
    std::string name(to);
    Text key(to);
    if (!is_skipped) forget(key);
    Index& index = is_skipped ? skipped_index_ : index_;
    auto node = index.extract(is_skipped ? skipped : found);
    node.key() = std::move(key);
    (is_skipped ? skipped_[node.mapped()].name : entries_[node.mapped()].first) = std::move(name);
    index.insert(std::move(node));
  }

 private:
  using Index = std::map<Text, std::size_t, std::less<>, Allocator<std::pair<const Text, std::size_t>>>;

  static Text quoted(std::string_view name) { return '"' + Text(name) + '"'; }

  Index::const_iterator find(std::string_view name) const {
    const Index::const_iterator found = index_.find(name);
    if (const Skipped* entry = found == index_.end() ? skipped(name) : nullptr)
      raise("StateDict: the entry " + quoted(name) + " has dtype " + entry->dtype.c_str() +
            ", which tenon does not store");
    if (found == index_.end()) raise("StateDict: there is no entry named " + quoted(name));
    return found;
  }

  void add_skipped(Skipped entry) {
    skipped_index_.emplace(entry.name, skipped_.size());
    skipped_.push_back(std::move(entry));
  }
  template <class Predicate>
  void remove_skipped(const Predicate& goes) {
    std::erase_if(skipped_, goes);
    skipped_index_.clear();
    for (const Skipped& entry : skipped_) skipped_index_.emplace(entry.name, skipped_index_.size());
  }
  /// Removes the skipped entry called `name`, if there is one.
  void forget(std::string_view name) {
    if (skipped(name)) remove_skipped([name](const Skipped& entry) { return entry.name == name; });
  }

  std::vector<value_type> entries_;
  std::vector<Skipped> skipped_;
  Metadata metadata_;
  Index index_, skipped_index_;  // name -> position in entries_, in skipped_
};

namespace nn {

/// How strictly `load_state_dict` matches names and dtypes.
struct LoadOptions {
  /// With false, names that only one side has are ignored.
  bool strict = true;
  /// Whether floating entries (F16, BF16, F32, F64) are converted to the module's floating dtype, as PyTorch does. With
  /// false, and for integers always, the dtype has to be the same.
  bool convert = true;
};

}  // namespace nn

namespace detail {

/// A tensor that is loaded from a StateDict: its name, the dtype and extents that its entry must have, and the function
/// that copies the entry to `tensor`, the tensor of a module or of an optimiser.
struct LoadTarget {
  std::string name;
  DType dtype;
  std::span<const index_t> extents;
  void* tensor;
  void (*assign)(void* tensor, const AnyTensor& entry);
};

/// Checks that `dict` has what `owner`, such as "module", loads. Throws a tenon::Error that lists all entries that are
/// missing, unexpected or misshapen. An entry that was skipped counts as one of a dtype that fits nowhere.
template <class Targets>  // of LoadTarget; a template, so that only programs that load compile it
void check_targets(const StateDict& dict, const Targets& targets, const nn::LoadOptions& options, const char* owner) {
  Text missing, misshapen, unexpected;
  for (const auto& [name, dtype, extents, tensor, assign] : targets) {
    Text found;
    if (const StateDict::Skipped* skipped = dict.skipped(name)) {
      found = describe(skipped->dtype, skipped->extents) + ", which tenon does not store";
    } else if (!dict.contains(name)) {
      missing.append("\n  missing: ").append(name);
    } else {
      const AnyTensor& entry = dict[name];
      const bool converts = options.convert && is_floating(dtype) && is_floating(entry.dtype());
      if (!entry.holds(converts ? entry.dtype() : dtype, extents))
        found = describe(dtype_name(entry.dtype()), entry.extents());
    }
    if (!found.empty())
      misshapen.append("\n  misshapen: ").append(name) +=
          ": wanted " + describe(dtype_name(dtype), extents) + ", found " + found;
  }
  const auto expect = [&](std::string_view name) {
    const bool known = std::any_of(targets.begin(), targets.end(), [name](const auto& t) { return t.name == name; });
    if (!known && !name.ends_with("num_batches_tracked")) unexpected.append("\n  unexpected: ").append(name);
  };
  for (const auto& entry : dict) expect(entry.first);
  for (const auto& entry : dict.skipped()) expect(entry.name);
  const Text problems = options.strict ? missing + unexpected + misshapen : misshapen;
  if (!problems.empty()) raise(Text("load_state_dict: the entries do not match the ") + owner + ":" + problems);
}
/// Assigns each target its entry, where there is one.
template <class Targets>
void assign_targets(const StateDict& dict, const Targets& targets) {
  for (const LoadTarget& target : targets)
    if (dict.contains(target.name)) target.assign(target.tensor, dict[target.name]);
}

}  // namespace detail

}  // namespace tenon::inline TENON_ISA
