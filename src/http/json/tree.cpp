#include "http/json/tree.hpp"

#include "base/whole_number.hpp"

namespace ruck::json {
namespace {
const Tree kNothing;
}

Tree Tree::parse(std::string_view text) {
  const Result<Element> root = json::parse(text);
  return root ? from(*root) : Tree();
}

Tree Tree::from(const Element& element) {  // recursion is bounded by kDepthMax
  Tree tree;
  tree.kind_ = element.kind();
  tree.boolean_ = element.boolean().value_or(false);
  tree.number_ = element.number().value_or(0);
  tree.integer_ = element.integer().value_or(whole_number(tree.number_));
  tree.text_ = element.string().value_or("");
  for (Items it(element); it.next();) tree.items_.push_back(from(it.value()));
  for (Members it(element); it.next();) {
    tree.members_.insert_or_assign(std::string(it.key()), from(it.value()));
  }
  return tree;
}

const Tree& Tree::operator[](std::string_view key) const {
  const auto found = members_.find(key);
  return found == members_.end() ? kNothing : found->second;
}

const Tree& Tree::operator[](std::size_t index) const {
  return index < items_.size() ? items_[index] : kNothing;
}

}  // namespace ruck::json
