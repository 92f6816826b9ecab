// Models with one score a class: linear ones, and Gaussian naive Bayes.
#pragma once

#include "walras/features/models/model.hpp"

namespace walras::features {

// One number a class, and one of nothing: four fill vector registers.
using PerClass = std::array<double, class_count + 1>;

// Softmax of weights . (x - center) / scale + intercept: multinomial logistic regression, or the margins of a linear
// support vector machine, one class against the others.
class Linear final : public Model {
public:
    struct Terms {
        std::vector<double> weights;  // class after class
        std::array<double, class_count> intercept{};
        std::vector<double> center, scale;  // of each feature
    };
    Linear(ModelType type, const Terms& terms);
    [[nodiscard]] Probabilities predict(const double* row) const override;

private:
    std::vector<double> center_;
    std::vector<PerClass> weights_;  // by feature, over its scale
    PerClass intercept_{};
};

// p(class) prior * product of N(x; mean, variance), normalised.
class GaussianNaiveBayes final : public Model {
public:
    struct Terms {
        std::array<double, class_count> prior{};
        std::vector<double> mean, variance;  // class after class
    };
    explicit GaussianNaiveBayes(const Terms& terms);
    [[nodiscard]] Probabilities predict(const double* row) const override;

private:
    struct Bell {
        PerClass mean{}, half_precision{};  // 1 / (2 variance)
    };
    std::vector<Bell> bells_;  // by feature
    PerClass log_scale_{};
};

// The weighted mean of the probabilities of its members.
class Ensemble final : public Model {
public:
    struct Member {
        double weight = 1;
        std::unique_ptr<Model> model;
    };
    Ensemble(std::size_t inputs, std::vector<Member> members);
    [[nodiscard]] Probabilities predict(const double* row) const override;

private:
    std::vector<Member> members_;  // weights sum to one
};

}  // namespace walras::features
