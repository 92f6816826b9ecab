#include "walras/features/models/trees.hpp"

#include <cmath>
#include <limits>

namespace walras::features {
namespace {

// The largest float at or below it.
float floor_float(double threshold) {
    const auto nearest = static_cast<float>(threshold);
    if (static_cast<double>(nearest) <= threshold) { return nearest; }
    return std::nextafter(nearest, -std::numeric_limits<float>::infinity());
}

}  // namespace

void FlatTrees::add(std::span<const TreeNode> nodes, std::size_t leaves) {
    const auto base = static_cast<std::uint32_t>(nodes_.size());
    const auto inner = static_cast<std::uint32_t>(nodes.size());
    const auto place_of = [&](std::int64_t child) {
        return child >= 0 ? base + static_cast<std::uint32_t>(child)
                          : base + inner + static_cast<std::uint32_t>(-1 - child);
    };
    // Children stand behind their parents: one pass from the end knows every height.
    std::vector<std::uint32_t> height(nodes.size());
    for (std::size_t i = nodes.size(); i-- > 0;) {
        for (const std::int64_t child : {nodes[i].left, nodes[i].right}) {
            height[i] = std::max(height[i], 1 + (child >= 0 ? height[static_cast<std::size_t>(child)] : 0));
        }
    }
    for (const TreeNode& node : nodes) {
        nodes_.push_back({.threshold = floor_float(node.threshold),
                          .feature = static_cast<std::uint16_t>(node.feature),
                          .child = {place_of(node.left), place_of(node.right)}});
    }
    for (std::uint32_t i = 0; i < leaves; ++i) {
        const std::uint32_t place = base + inner + i;
        nodes_.push_back({.leaf = leaves_++, .child = {place, place}});
    }
    trees_.push_back({base, height.empty() ? 0 : height.front()});
}

void Forest::add(std::span<const TreeNode> nodes, std::span<const Probabilities> leaves) {
    trees_.add(nodes, leaves.size());
    leaves_.insert(leaves_.end(), leaves.begin(), leaves.end());
}

Probabilities Forest::predict(const double* row) const {
    Probabilities sum;
    trees_.each_leaf(row, inputs(), [&](std::size_t, std::uint32_t leaf) {
        const Probabilities& p = leaves_[leaf];
        sum.sell += p.sell;
        sum.hold += p.hold;
        sum.buy += p.buy;
    });
    const auto many = static_cast<double>(trees_.size());
    return {sum.sell / many, sum.hold / many, sum.buy / many};
}

void GradientBoosted::add(std::span<const TreeNode> nodes, std::span<const double> leaves) {
    trees_.add(nodes, leaves.size());
    leaves_.insert(leaves_.end(), leaves.begin(), leaves.end());
}

Probabilities GradientBoosted::predict(const double* row) const {
    std::array<double, class_count> scores = initial_;
    trees_.each_leaf(row, inputs(),
                     [&](std::size_t tree, std::uint32_t leaf) { scores[tree % class_count] += leaves_[leaf]; });
    return detail::softmax(scores);
}

}  // namespace walras::features
