// A classifier that was learned elsewhere and is evaluated here: what are the odds that a market falls, stays or rises?
//
// Models are read from JSON (docs/concepts/market-models.md has the format). What is read is checked whole, so that
// `predict` cannot fail: it allocates nothing, throws nothing, and may be called from many threads at once.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace walras::features {

inline constexpr std::size_t class_count = 3;
inline constexpr std::array<std::string_view, class_count> class_names{"sell", "hold", "buy"};
inline constexpr std::size_t most_model_features = 256;

struct Probabilities {
    double sell = 0, hold = 0, buy = 0;  // they sum to one
    bool operator==(const Probabilities&) const = default;
};

enum class ModelType : std::uint8_t {
    decision_tree,
    random_forest,
    gradient_boosted,
    linear_softmax,
    linear_svm,
    gaussian_naive_bayes,
    ensemble,
};
inline constexpr std::size_t model_type_count = 7;
std::string_view to_string(ModelType type);

class Model {
public:
    Model(ModelType type, std::size_t inputs) : type_(type), inputs_(inputs) {}
    Model(const Model&) = delete;
    Model& operator=(const Model&) = delete;
    virtual ~Model() = default;

    // `row`: one finite number for each feature, in the order of the model.
    [[nodiscard]] virtual Probabilities predict(const double* row) const = 0;
    [[nodiscard]] ModelType type() const { return type_; }
    [[nodiscard]] std::size_t inputs() const { return inputs_; }

private:
    ModelType type_;
    std::size_t inputs_;
};

namespace detail {

// e^score of each class over their sum.
Probabilities softmax(const std::array<double, class_count>& scores);

}  // namespace detail
}  // namespace walras::features
