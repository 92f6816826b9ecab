// Decision trees and what is made of many: forests and boosted trees.
//
// All nodes of a model lie in one array. Trees compare features as single-precision numbers, as scikit-learn does: x is
// rounded to float, and a threshold t stands as the largest float at or below it, which says the same of every float.
// A leaf is its own child: eight trees take their steps side by side, without a branch.
#pragma once

#include <algorithm>
#include <vector>

#include "walras/features/models/model.hpp"

namespace walras::features {

// One tree as it was read: a child of 0 or above is a node, and stands behind its parent; -1 - n is leaf n. Without
// nodes the tree is its leaf 0.
struct TreeNode {
    std::uint32_t feature = 0;
    double threshold = 0;
    std::int64_t left = 0, right = 0;  // where x <= threshold, and where not
};

class FlatTrees {
public:
    // `leaves`: how many leaves the tree has; they are counted on over all trees.
    void add(std::span<const TreeNode> nodes, std::size_t leaves);
    [[nodiscard]] std::size_t size() const { return trees_.size(); }

    // f(tree, leaf) for each tree, in order; `leaf` over all trees.
    template <class F>
    void each_leaf(const double* row, std::size_t inputs, F f) const {
        std::array<float, most_model_features> x;
        for (std::size_t i = 0; i < inputs; ++i) { x[i] = static_cast<float>(row[i]); }
        for (std::size_t first = 0; first < trees_.size(); first += lanes) {
            const std::size_t many = std::min(lanes, trees_.size() - first);
            std::array<std::uint32_t, lanes> at{};
            std::uint32_t depth = 0;
            for (std::size_t k = 0; k < lanes; ++k) {
                const Tree& tree = trees_[first + std::min(k, many - 1)];
                at[k] = tree.root;
                depth = std::max(depth, tree.depth);
            }
            if (many == 1) {
                for (; depth > 0; --depth) { at[0] = next(at[0], x.data()); }
            } else {
                for (; depth > 0; --depth) {
                    for (std::uint32_t& place : at) { place = next(place, x.data()); }
                }
            }
            for (std::size_t k = 0; k < many; ++k) { f(first + k, nodes_[at[k]].leaf); }
        }
    }

private:
    static constexpr std::size_t lanes = 8;
    struct Node {
        float threshold = 0;
        std::uint16_t feature = 0;
        std::uint32_t leaf = 0;
        std::array<std::uint32_t, 2> child{};  // where x <= threshold, and where not
    };
    struct Tree {
        std::uint32_t root = 0, depth = 0;
    };
    [[nodiscard]] std::uint32_t next(std::uint32_t place, const float* x) const {
        const Node& node = nodes_[place];
        return node.child[x[node.feature] <= node.threshold ? 0 : 1];
    }

    std::vector<Node> nodes_;
    std::vector<Tree> trees_;
    std::uint32_t leaves_ = 0;
};

// A tree, or the mean of the probabilities of many.
class Forest final : public Model {
public:
    Forest(ModelType type, std::size_t inputs) : Model(type, inputs) {}
    void add(std::span<const TreeNode> nodes, std::span<const Probabilities> leaves);
    [[nodiscard]] Probabilities predict(const double* row) const override;
    [[nodiscard]] const FlatTrees& trees() const { return trees_; }

private:
    FlatTrees trees_;
    std::vector<Probabilities> leaves_;
};

// Softmax of scores: what they begin with, and one tree a class and round that adds to them (Friedman 2001).
class GradientBoosted final : public Model {
public:
    GradientBoosted(std::size_t inputs, const std::array<double, class_count>& initial)
        : Model(ModelType::gradient_boosted, inputs), initial_(initial) {}
    // Trees of a round in the order of the classes.
    void add(std::span<const TreeNode> nodes, std::span<const double> leaves);
    [[nodiscard]] Probabilities predict(const double* row) const override;

private:
    FlatTrees trees_;
    std::array<double, class_count> initial_;
    std::vector<double> leaves_;
};

}  // namespace walras::features
